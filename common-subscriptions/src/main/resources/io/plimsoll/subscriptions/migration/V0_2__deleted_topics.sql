-- When a topic was deleted; of no meaning before.
alter table ps_topic add column deleted_at timestamptz not null default '-infinity';

create index ps_topic_deleted_at on ps_topic (deleted_at) where deleted;
drop index ps_topic_deleted;
