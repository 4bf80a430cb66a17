/**
 * What runs in each topology, in directories of its own.
 */
import { join } from "node:path";
import { type Nats, type NatsCluster, startNats, startNatsCluster } from "../helpers/nats.ts";
import { ConsumeProcess } from "./consume_process.ts";
import { type Database, Instance } from "./instance.ts";
import type { Topology } from "./plan.ts";
import { Postgres } from "./postgres.ts";

/** What a run consists of. */
export interface Parts {
  /** At least one; without `postgres` the first has one, which the others use. */
  readonly services: readonly Instance[];
  readonly consumers: readonly ConsumeProcess[];
  readonly postgres?: Postgres;
  readonly nats?: Nats;
  readonly cluster?: NatsCluster;
}

/** Makes all of it; PostgreSQL and NATS run, where they are by themselves. */
export async function open(topology: Topology): Promise<Parts> {
  switch (topology) {
    case "one":
      return { services: [new Instance(await directory())], consumers: [] };
    case "several": {
      const first = new Instance(await directory());
      const second = new Instance(await directory(), { database: first });
      return { services: [first, second], consumers: [] };
    }
    case "jetstream": {
      const nats = await startNats();
      const env = { QUEUE_URL: nats.url };
      const service = new Instance(await directory(), { env });
      return { services: [service], consumers: [consumer(service, 1, service, env)], nats };
    }
    case "cluster":
      return await openCluster();
  }
}

async function openCluster(): Promise<Parts> {
  const cluster = await startNatsCluster();
  const postgres = await Postgres.open(await directory());
  const stream = { QUEUE_URL: cluster.url, QUEUE_REPLICAS: String(cluster.nodes.length) };
  const setup = { database: postgres, env: { ...stream, CONSUMERS: "0" } };
  const services = [
    new Instance(await directory(), setup),
    new Instance(await directory(), setup),
  ];
  const consumers = services.map((beside, at) => consumer(beside, at + 1, postgres, stream));
  return { services, consumers, postgres, cluster };
}

/** One whose log stands beside that of a service. */
function consumer(
  beside: Instance,
  number: number,
  database: Database,
  env: Readonly<Record<string, string>>,
): ConsumeProcess {
  return new ConsumeProcess(join(beside.directory, `consume-${number}.log`), database, env);
}

function directory(): Promise<string> {
  return Deno.makeTempDir({ prefix: "sekali-verify-" });
}
