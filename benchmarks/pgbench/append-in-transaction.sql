-- The same within a transaction, as when a caller with other writes appends.
\set topic random(1, :topics)
\set tag random(0, 281474976710655)
begin;
with head as (
  update ps_topic set head = head + 1, tag_before = head_tag, head_tag = :tag
  where kind = 'bench' and key = :topic::text returning id, head, tag_before)
insert into ps_event (topic_id, "offset", tag, type, data, redacts)
select id, head, :tag, 'bench', case when false then '{"offset":' || head || '' else '{"t":1,"s":1,"p":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}' end, null::bigint[] from head
returning topic_id, "offset", time, (select tag_before from head);
commit;
