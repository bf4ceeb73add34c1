-- Chat's own tables; the event log's are V0_*. Every key starts with the tenant, so two tenants with
-- equal ids never meet.

-- A room's number tells a room from one that bore its id before.
create sequence room_number;

create table room (
  tenant     text        collate "C" not null,
  number     bigint      not null,
  id         text        collate "C" not null,
  name       text        not null,
  private    boolean     not null,
  created_by text        collate "C",              -- null: by the tenant itself
  custom     text,                                 -- JSON object
  created_at timestamptz not null,
  updated_at timestamptz,
  deleted_at timestamptz,                          -- its rows go in the background, then it too
  primary key (tenant, number)
);

create unique index room_id on room (tenant, id) where deleted_at is null;
create index room_deleted on room (deleted_at) where deleted_at is not null;

create table member (
  tenant   text        collate "C" not null,
  room     bigint      not null,
  user_id  text        collate "C" not null,
  added_at timestamptz not null,
  primary key (tenant, room, user_id)
);

create index member_user on member (tenant, user_id, room);

-- The primary key's included columns serve the count of unread messages. The unique key makes sends
-- idempotent; it starts with the sender, so that erasing a user finds their messages.
create table message (
  tenant     text        collate "C" not null,
  room       bigint      not null,
  "offset"   bigint      not null,                 -- of its message.created
  tag        bigint      not null,                 -- and that event's tag: together the position
  number     bigint      generated always as identity,
  sender     text        collate "C" not null,
  client_id  text        collate "C" not null,
  hash       bytea,                                -- of the parts first sent; null once erased
  parts      text        not null,                 -- JSON array
  edits      bigint[]    not null default '{}',    -- offsets of its message.edited
  created_at timestamptz not null,
  edited_at  timestamptz,
  deleted_at timestamptz,
  primary key (tenant, room, "offset") include (sender, deleted_at),
  unique (tenant, sender, room, client_id)
);

create table read_cursor (
  tenant   text        collate "C" not null,
  user_id  text        collate "C" not null,
  room     bigint      not null,
  "offset" bigint      not null,
  moved_at timestamptz not null,
  told     bigint      not null,                   -- the last one stored as cursor.moved
  told_at  timestamptz not null,                   -- and when
  primary key (tenant, user_id, room)
);

create index read_cursor_untold on read_cursor (told_at) where told <> "offset";

create table chat_user (
  tenant     text        collate "C" not null,
  id         text        collate "C" not null,
  name       text,
  custom     text,                                 -- JSON object
  created_at timestamptz not null,
  updated_at timestamptz,
  primary key (tenant, id)
);

-- Users whose messages and memberships are still to be erased.
create table user_erasure (
  tenant       text        collate "C" not null,
  user_id      text        collate "C" not null,
  up_to        bigint      not null,               -- messages numbered above came later
  requested_at timestamptz not null,               -- so did memberships after this
  done_room      bigint    not null default 0,     -- messages up to this room and client_id are erased
  done_client_id text      collate "C" not null default '',
  primary key (tenant, user_id, up_to)
);
