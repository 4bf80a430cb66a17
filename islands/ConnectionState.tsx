import { connect, type Connection } from "../lib/browser/live.ts";

/** How the page is connected. */
export default function ConnectionState() {
  const { connection } = connect();
  return (
    <span class={`connection ${connection.value}`} role="status">
      {WORDS[connection.value]}
    </span>
  );
}

const WORDS: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  stale: "stale",
  offline: "offline",
};
