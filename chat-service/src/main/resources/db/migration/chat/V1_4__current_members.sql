-- Users, memberships, rooms and messages are numbered from one sequence. Up to a user's deletion all is the former
-- user's, above the number of a later one of the same id it is theirs.
alter table chat_user add column number bigint not null default 0;
alter table chat_user alter column number set default nextval('message_number_seq');
alter table member add column number bigint not null default 0;
alter table member alter column number set default nextval('message_number_seq');
alter table room add column created_number bigint not null default 0;
alter table room alter column created_number set default nextval('message_number_seq');
alter table user_erasure drop column requested_at;
create index user_erasure_user on user_erasure (tenant, user_id);

-- Memberships that give access: of users who are there, made since they are.
create view current_member as
select m.* from member m
join chat_user u on u.tenant = m.tenant and u.id = m.user_id and u.number <= m.number;
