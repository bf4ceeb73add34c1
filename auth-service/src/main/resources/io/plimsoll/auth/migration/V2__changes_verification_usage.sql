alter table tenants
  -- what ratelimit-service limits it by
  add column plan text not null default 'default',
  -- origins of the tenant's own pages, as browsers send them
  add column origins text[] not null default '{}',
  add column disabled_at timestamptz;

alter table api_keys
  -- what verifies tokens that the tenant's backend signs: a public JWK ...
  add column verification_jwk text,
  -- ... or a secret: base64url of nonce, AES-256-GCM ciphertext and tag, with the id of the wrapping key
  add column verification_secret text,
  add column wrapped_by text,
  add check (num_nonnulls(verification_jwk, verification_secret) <= 1),
  add check ((verification_secret is null) = (wrapped_by is null));

create index api_keys_wrapped_by on api_keys (wrapped_by) where wrapped_by is not null;

-- One row. Whoever changes something locks it first and takes the next number, so that numbers are
-- committed in their order; a sequence's are not, and a reader would miss some.
create table change_counter (
  only_row boolean primary key default true check (only_row),
  number bigint not null
);
insert into change_counter (number) values (0);

-- What gateways must know of, until it no longer matters. A newer change of the same key, tenant or
-- not-before takes the place of the older one.
create table changes (
  number bigint primary key,
  kind text not null check (kind in ('token', 'not-before', 'key', 'tenant')),
  -- <kid>.<base64url(SHA-256(header.payload))>
  token text,
  tenant_id text,
  user_id text,
  key_id text,
  -- seconds since 1970, like the times in a token
  not_before bigint,
  until_at bigint not null
);

create unique index changes_token on changes (token) where kind = 'token';
create unique index changes_key on changes (key_id) where kind = 'key';
create unique index changes_tenant on changes (tenant_id) where kind = 'tenant';
create unique index changes_not_before on changes (tenant_id, user_id, key_id)
  nulls not distinct where kind = 'not-before';
create index changes_until on changes (until_at);

-- Who changed what, and when; never a secret.
create table audit (
  number bigint primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  tenant_id text,
  key_id text,
  detail jsonb not null
);

create index audit_at on audit (at);
create index audit_of_tenant on audit (tenant_id, number);

-- Which reports of which gateway's run were applied.
create table usage_reports (
  boot uuid not null,
  sequence bigint not null,
  received_at timestamptz not null,
  primary key (boot, sequence)
);

create index usage_reports_received on usage_reports (received_at);

-- What tenants used, by hour and by day (UTC).
create table usage (
  tenant_id text not null,
  step text not null check (step in ('hour', 'day')),
  start_at bigint not null,
  service text not null,
  class text not null,
  status text not null,
  requests bigint not null,
  bytes_in bigint not null,
  bytes_out bigint not null,
  stream_seconds numeric(20, 3) not null,
  admitted bigint not null,
  primary key (tenant_id, step, start_at, service, class, status)
);

create index usage_age on usage (step, start_at);
