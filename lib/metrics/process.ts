/**
 * Metrics of the process, under the names that all Prometheus clients use.
 */
import process from "node:process";
import { VERSION } from "../version.ts";
import { counter, gauge, type Metric } from "./metric.ts";

/** @param postgres version of the server */
export function processMetrics(postgres: string): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = Deno.memoryUsage();
  return [
    {
      kind: "gauge",
      name: "sekali_build_info",
      help: "Always 1; its labels say what runs",
      samples: [{ labels: { version: VERSION, deno: Deno.version.deno, postgres }, value: 1 }],
    },
    counter(
      "process_cpu_seconds_total",
      "User and system time of all threads, without PostgreSQL",
      (user + system) / 1e6,
    ),
    gauge("process_resident_memory_bytes", "Memory in RAM, without PostgreSQL", rss),
    gauge("sekali_heap_bytes", "JavaScript heap in use, HTTP thread", heapUsed),
    gauge(
      "process_start_time_seconds",
      "When the process started, seconds since 1970",
      performance.timeOrigin / 1000,
    ),
  ];
}
