-- Whose token was revoked, so that a tenant's can be counted.
create index changes_tokens_of_tenant on changes (tenant_id, until_at) where kind = 'token';

-- Which taking of a number it was: a restored backup takes the same numbers again, with other marks.
create table change_marks (
  number bigint primary key,
  mark uuid not null,
  -- seconds since 1970
  taken_at bigint not null
);

create index change_marks_age on change_marks (taken_at);

insert into change_marks (number, mark, taken_at)
select number, gen_random_uuid(), extract(epoch from now())::bigint from change_counter;
