import { page } from "fresh";
import Overview, { type OverviewProps } from "../islands/Overview.tsx";
import { windowOf } from "../lib/browser/window.ts";
import { define, methods, shellOf } from "../lib/http.ts";

/** The overview. */
export const handler = methods<OverviewProps>({
  async GET({ url, state: { aggregator } }) {
    const initial = await aggregator.dashboardSnapshot();
    const { window } = windowOf(url.searchParams);
    const at = Date.now();
    const { history } = aggregator;
    return page({
      initial,
      series: history.timeseries(window, at),
      byTopic: history.timeseriesByTopic(window, at),
      at,
      search: url.search,
      shell: shellOf(url, aggregator),
    });
  },
});

export default define.page<typeof handler>(({ data }) => <Overview {...data} />);
