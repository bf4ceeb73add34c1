-- What is limited, and how. Policies of the same limit compete: the most specific one holds
-- (user, then API key, tenant, plan, none).
create table policies (
  policy_id text primary key,
  limit_name text not null,
  -- whom it is for; null: everyone
  plan text,
  tenant_id text,
  api_key text,
  user_id text,
  route_class text,
  -- who shares one bucket
  per text not null check (per in ('tenant', 'key', 'user')),
  -- either a rate, units/s, with a burst, or a number of open streams
  rate double precision check (rate > 0),
  burst bigint check (burst >= 1),
  streams integer check (streams >= 1),
  exact boolean not null,
  shadow boolean not null,
  store_away text not null check (store_away in ('hold', 'share', 'open')),
  check ((rate is null) = (burst is null)),
  check ((rate is null) <> (streams is null))
);

create unique index policies_by_choice on policies (
  limit_name, coalesce(plan, ''), coalesce(tenant_id, ''), coalesce(api_key, ''),
  coalesce(user_id, ''), coalesce(route_class, ''));

-- One row; every write takes the next number, and locks it until it is committed.
create table policies_version (
  only_one boolean primary key default true check (only_one),
  version bigint not null
);

insert into policies_version (version) values (1);

-- The tightest for one user is the user's own.
insert into policies
  (policy_id, limit_name, plan, per, rate, burst, streams, exact, shadow, store_away)
values
  ('default-user', 'user', 'default', 'user', 50, 100, null, false, false, 'share'),
  ('default-key', 'key', 'default', 'key', 5000, 10000, null, false, false, 'share'),
  ('default-tenant', 'tenant', 'default', 'tenant', 10000, 20000, null, false, false, 'share'),
  ('default-user-streams', 'user-streams', 'default', 'user', null, null, 100, false, false, 'share'),
  ('default-tenant-streams', 'tenant-streams', 'default', 'tenant', null, null, 100000, false, false,
   'share');
