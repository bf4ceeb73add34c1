-- The event log of common-subscriptions; see the package documentation of io.plimsoll.subscriptions.log.

create table ps_topic (
  id        bigint generated always as identity primary key,
  kind      text    not null,
  key       text    not null,
  head      bigint  not null default 0,  -- last offset
  head_tag  bigint  not null,            -- its tag; the topic's creation tag while head = 0
  tag_before bigint not null,            -- head_tag before the last append: what its first event follows
  floor     bigint  not null default 1,  -- oldest retained offset
  floor_tag bigint  not null,            -- tag of floor - 1; the creation tag while floor = 1
  deleted   boolean not null default false,
  unique (kind, key)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create index ps_topic_deleted on ps_topic (id) where deleted;

-- xid stands first among the secondary indexes on purpose: inserts land at its right edge, and a head
-- check reads exactly the rows that have become visible since the last one.
create table ps_event (
  topic_id bigint      not null,
  "offset" bigint      not null,
  tag      bigint      not null,
  xid      xid8        not null default pg_current_xact_id(),
  time     timestamptz not null default now(),
  type     text        not null,
  data     text        not null,
  redacts  bigint[],
  primary key (topic_id, "offset")
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05);

create index ps_event_xid on ps_event (xid);

create table ps_idempotency (
  topic_id bigint not null,
  producer text   not null,
  key      text   not null,
  hash     bytea  not null,
  "offset" bigint not null,
  tag      bigint not null,
  primary key (topic_id, producer, key)
);

create index ps_idempotency_offset on ps_idempotency (topic_id, "offset");
