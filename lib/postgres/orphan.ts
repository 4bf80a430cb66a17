/**
 * Stops the server that a killed run has left behind.
 *
 * The caller holds `DATA_DIR` exclusively, so a server in its data directory is an orphan. Whether the
 * process that `postmaster.pid` names is that server must be found out: after a crash of the machine,
 * or in a new container, its number may be that of anything, this process and its threads included.
 * PostgreSQL itself tests only that a process of that number exists, and then refuses to start.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readIfExists } from "./files.ts";
import {
  FAST_STOP_LIMIT_MS,
  IMMEDIATE_STOP_LIMIT_MS,
  ORPHAN_ANSWER_LIMIT_MS,
  POLL_PAUSE_MS,
} from "./limits.ts";
import { type Cluster, runProgram } from "./programs.ts";

/** How a connection asks for TLS; PostgreSQL answers with one letter in every state it can be in. */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Stops an orphaned server, or clears away the file of one that is gone.
 *
 * Should the file be cleared although its server lives, PostgreSQL would still find the server's shared
 * memory in use, and not start.
 */
export async function stopOrphan(cluster: Cluster): Promise<void> {
  const file = join(cluster.directory, "postmaster.pid");
  const text = await readIfExists(file);
  if (text === undefined || !await isProcessAlive(cluster)) return; // PostgreSQL clears it itself
  const { pid, port } = parsePidFile(text);
  if (await answers(port)) await stop(cluster, pid);
  else if (await isProcessAlive(cluster)) await Deno.remove(file);
}

/** The number and the port that `postmaster.pid` names, on its first and fourth line. */
export function parsePidFile(text: string): { pid: number; port: number } {
  const lines = text.split("\n");
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}

async function isProcessAlive(cluster: Cluster): Promise<boolean> {
  return (await runProgram(cluster, "pg_ctl", ["status"])).success;
}

async function stop(cluster: Cluster, pid: number): Promise<void> {
  const stopped = async (mode: string, limitMs: number) => {
    const args = ["stop", "-w", "-m", mode, "-t", String(limitMs / 1000)];
    return (await runProgram(cluster, "pg_ctl", args)).success;
  };
  if (await stopped("fast", FAST_STOP_LIMIT_MS)) return;
  if (await stopped("immediate", IMMEDIATE_STOP_LIMIT_MS)) return;
  await runProgram(cluster, "pg_ctl", ["kill", "KILL", String(pid)]);
}

/** Whether a PostgreSQL listens on the port; one that has just been started gets a moment. */
async function answers(port: number): Promise<boolean> {
  const deadline = Date.now() + ORPHAN_ANSWER_LIMIT_MS;
  while (Date.now() < deadline) {
    const reply = await ask(port, deadline - Date.now());
    if (reply !== undefined) return "NSE".includes(reply);
    await delay(POLL_PAUSE_MS);
  }
  return false;
}

/** @returns the letter; undefined without a connection, `?` without an answer */
async function ask(port: number, limitMs: number): Promise<string | undefined> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return undefined;
  }
  const timer = setTimeout(() => connection.close(), limitMs);
  try {
    await connection.write(SSL_REQUEST);
    const reply = new Uint8Array(1);
    return await connection.read(reply) === 1 ? String.fromCharCode(reply[0]!) : "?";
  } catch {
    return "?";
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch { /* closed by the timer */ }
  }
}
