/**
 * The page of the API: what `/openapi.json` says, for people.
 */
import type { ApiDocument } from "../../lib/openapi/document.ts";
import { CLOUD_EVENTS } from "./cloudevents.ts";
import { type Operation, OperationCard } from "./operation.tsx";
import { Problems } from "./problems.tsx";
import { Inline, Prose } from "./prose.tsx";
import { Members, type Schema } from "./schema.tsx";

/** All of it. */
export function ApiPage({ document }: { document: ApiDocument }) {
  const tags = document.tags!.map(({ name, description }) => ({
    name,
    description,
    operations: operationsOf(document, name),
  }));
  return (
    <>
      <nav class="contents card" aria-label="Contents">
        <h1>API</h1>
        <ul>
          {tags.map(({ name, operations }) => (
            <li key={name}>
              <a href={`#${anchor(name)}`}>{name}</a>
              <ul>
                {operations.map(({ operationId, method, path }) => (
                  <li key={operationId}>
                    <a href={`#${operationId}`}>
                      <small>{method}</small> <code>{path}</code>
                    </a>
                  </li>
                ))}
              </ul>
            </li>
          ))}
          <li>
            <a href="#cloudevents">CloudEvents</a>
          </li>
          <li>
            <a href="#problems">Problems</a>
          </li>
          <li>
            <a href="#schemas">Schemas</a>
          </li>
        </ul>
      </nav>
      <div class="reference">
        <section class="card">
          <Prose text={document.info.description} />
          <p>
            The same for programs:{" "}
            <a href="/openapi.json">OpenAPI {document.openapi}</a>. Numbers for Prometheus are at
            {" "}
            <a href="/metrics">/metrics</a>.
          </p>
        </section>
        {tags.map(({ name, description, operations }) => (
          <section key={name} id={anchor(name)}>
            <h2>
              {name} <span>{description}</span>
            </h2>
            {operations.map((operation) => (
              <OperationCard key={operation.operationId} operation={operation} />
            ))}
          </section>
        ))}
        <CloudEvents />
        <Problems />
        <Schemas schemas={document.components?.schemas as Record<string, Schema>} />
      </div>
    </>
  );
}

function operationsOf(document: ApiDocument, tag: string): Operation[] {
  return Object.entries(document.paths!).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation & { tags: string[] }>)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() }))
  );
}

function CloudEvents() {
  return (
    <section id="cloudevents" class="card">
      <h2>
        CloudEvents <span>what becomes of a CloudEvent 1.0</span>
      </h2>
      <table class="mapping">
        <thead>
          <tr>
            <th scope="col">CloudEvent</th>
            <th scope="col">Event</th>
          </tr>
        </thead>
        <tbody>
          {CLOUD_EVENTS.map(([from, to]) => (
            <tr key={from}>
              <td>
                <Inline text={from} />
              </td>
              <td>
                <Inline text={to} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Schemas({ schemas }: { schemas: Readonly<Record<string, Schema>> }) {
  return (
    <section id="schemas">
      <h2>
        Schemas <span>what comes and goes as JSON</span>
      </h2>
      {Object.entries(schemas).map(([name, schema]) => (
        <article key={name} id={`schema-${name}`} class="card">
          <h3>{name}</h3>
          <Prose text={schema.description} />
          <Members schema={schema} />
        </article>
      ))}
    </section>
  );
}

/** Where a tag is on the page. */
function anchor(name: string): string {
  return "tag-" + name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
