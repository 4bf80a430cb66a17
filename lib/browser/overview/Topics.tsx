import { count } from "../format.ts";
import { TopicTable, type TopicTableProps } from "../TopicTable.tsx";

/** The topics that were seen last. */
export function Topics({ all, ...table }: TopicTableProps & { readonly all: number }) {
  return (
    <section class="card topics">
      <h2>
        Topics
        <a class="end" href="/dashboard/topics">
          {all > table.topics.length
            ? `the latest ${table.topics.length} of ${count(all)}`
            : `all ${count(all)}`}
        </a>
      </h2>
      <TopicTable {...table} />
    </section>
  );
}
