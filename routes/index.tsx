import { page } from "fresh";
import Overview from "../islands/Overview.tsx";
import { define, methods } from "../lib/http.ts";
import { forDashboard } from "../lib/snapshot.ts";

/** The overview. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    return page({ initial: forDashboard(await aggregator.snapshot()), at: Date.now() });
  },
});

export default define.page<typeof handler>(({ data }) => <Overview {...data} />);
