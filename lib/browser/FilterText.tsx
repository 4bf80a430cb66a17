/** A field of a form that filters a page. */
export function FilterText({ name, label, value, hint, list }: {
  name: string;
  label: string;
  value: string | undefined;
  hint?: string;
  list?: string;
}) {
  return (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <input
        id={`filter-${name}`}
        name={name}
        value={value}
        placeholder={hint}
        list={list}
        autocomplete="off"
        spellcheck={false}
      />
    </div>
  );
}

/** The field for a topic, or a pattern of topics. */
export function FilterTopic({ value, topics }: {
  value: string | undefined;
  /** Topics to choose from. */
  topics: readonly string[];
}) {
  return (
    <>
      <FilterText
        name="topic"
        label="Topic"
        value={value}
        hint="app.log.* or app.>"
        list="topics"
      />
      <datalist id="topics">
        {topics.map((topic) => <option key={topic} value={topic} />)}
      </datalist>
    </>
  );
}
