/**
 * The pages that people see.
 */

/** Paths of all pages, each as one opens it. */
export const PAGES = [
  "/",
  "/dashboard/topics",
  "/dashboard/events",
  "/dashboard/dead-letters",
  "/dashboard/publish",
  "/docs",
] as const;
