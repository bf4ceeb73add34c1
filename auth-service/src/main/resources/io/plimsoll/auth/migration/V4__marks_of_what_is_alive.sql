-- A page of changes ends with the mark of its last one.
insert into change_marks (number, mark, taken_at)
select number, gen_random_uuid(), extract(epoch from now())::bigint from changes
on conflict (number) do nothing;

-- So that the users of a tenant whose tokens are revoked can be counted.
create index changes_not_before_of_tenant on changes (tenant_id, until_at) where kind = 'not-before';
