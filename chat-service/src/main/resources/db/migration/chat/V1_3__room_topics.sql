-- A room's topic is named by the room's number too: one that is made again has another topic.
update ps_topic t set key = t.key || '/' || r.number
from room r
where t.kind = 'room' and not t.deleted and r.deleted_at is null and t.key = r.tenant || '/' || r.id;
