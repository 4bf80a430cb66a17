/**
 * Installs the embedded PostgreSQL ahead of the service, which then runs without the permissions that
 * this takes. Does nothing where `DATABASE_URL` names another.
 */
import { loadConfig } from "../config.ts";
import { refuse } from "../errors.ts";
import { installPrograms } from "./install.ts";

try {
  if (loadConfig().databaseUrl === undefined) await installPrograms();
} catch (error) {
  refuse(error);
}
