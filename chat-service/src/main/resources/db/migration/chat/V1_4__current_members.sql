-- Messages and memberships are numbered alike: up to a number all is a deleted user's, above it a later one's.
alter table member add column number bigint not null default 0;
alter table member alter column number set default nextval('message_number_seq');
update member m set number = nextval('message_number_seq')
where exists (
  select 1 from user_erasure e
  where e.tenant = m.tenant and e.user_id = m.user_id and e.requested_at < m.added_at);
alter table user_erasure drop column requested_at;
create index user_erasure_user on user_erasure (tenant, user_id);

-- Memberships that give access: a deleted user's no longer do, though removing and telling of them takes a while.
create view current_member as
select * from member m
where not exists (
  select 1 from user_erasure e
  where e.tenant = m.tenant and e.user_id = m.user_id and e.up_to >= m.number);
