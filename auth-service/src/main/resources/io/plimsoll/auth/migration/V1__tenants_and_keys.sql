-- A customer of the platform.
create table tenants (
  tenant_id text primary key,
  name text not null,
  created_at timestamptz not null
);

-- A credential of a tenant's backend. Rows are never deleted: a token names its key.
create table api_keys (
  key_id text primary key,
  tenant_id text not null references tenants,
  name text not null,
  -- the secret itself is shown once and kept nowhere
  secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
  -- the most a token of this key may do, space-separated
  scope text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  disabled_at timestamptz,
  -- the hour, not the instant: one write an hour and key
  last_used_hour timestamptz
);

create index api_keys_of_tenant on api_keys (tenant_id, created_at, key_id);
