-- A user may be deleted again before any further message was sent: requests have numbers of their own.
alter table user_erasure drop constraint user_erasure_pkey;
alter table user_erasure add column request bigint generated always as identity primary key;
