import { page } from "fresh";
import Overview from "../islands/Overview.tsx";
import { define, methods } from "../lib/http.ts";

/** The overview. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    return page({ initial: await aggregator.dashboardSnapshot(), at: Date.now() });
  },
});

export default define.page<typeof handler>(({ data }) => <Overview {...data} />);
