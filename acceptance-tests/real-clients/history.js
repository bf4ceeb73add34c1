// What followers of a room must have seen: each event once, in order, with no gap, and nothing that
// was acknowledged missing.

/** The integer in front of a position. Clients need not know it; a judge of gaps does. */
export function number(position) {
  return Number.parseInt(position.slice(0, position.indexOf("_")), 10);
}

/**
 * @param acknowledged what a producer was told: `{clientId, offset}`, in the order of its requests,
 *   each sent after the answer to the one before
 * @param received events as a follower got them, from the topic's start
 * @returns what is wrong, as sentences; empty if nothing is
 */
export function judge(acknowledged, received) {
  const wrong = [];
  let last = 0;
  for (const event of received) {
    const offset = number(event.offset);
    if (offset <= last) {
      wrong.push(`event ${offset} came after event ${last}`);
    } else if (offset > last + 1) {
      wrong.push(`events ${last + 1} to ${offset - 1} are missing`);
    }
    last = Math.max(last, offset);
  }
  const messages = received.filter((event) => event.type === "message.created");
  const seen = new Map(messages.map((event) => [event.data.clientId, event]));
  for (const { clientId, offset } of acknowledged) {
    const event = seen.get(clientId);
    if (!event) {
      wrong.push(`message ${clientId}, acknowledged at ${offset}, is missing`);
    } else if (event.data.offset !== offset || number(event.offset) !== offset) {
      wrong.push(`message ${clientId}, acknowledged at ${offset}, came at ${event.offset}`);
    }
  }
  const order = messages.map((event) => event.data.clientId);
  const sent = acknowledged.map((message) => message.clientId).filter((id) => seen.has(id));
  if (order.join() !== sent.join()) {
    wrong.push(`the order was ${order.join()} (expected: ${sent.join()})`);
  }
  return wrong;
}
