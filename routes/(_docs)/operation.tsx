/**
 * An operation of the API, for people.
 */
import Copy from "../../islands/Copy.tsx";
import { Inline, Prose } from "./prose.tsx";
import { Member, type Schema, Type } from "./schema.tsx";

/** What the document says of an operation. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly "x-codeSamples": readonly { readonly label: string; readonly source: string }[];
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Answer {
  readonly description: string;
  readonly content?: Content;
}

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** One operation: what it takes, what it answers, how to ask. */
export function OperationCard({ operation }: { operation: Operation }) {
  const { method, path, operationId, summary, description, requestBody, responses } = operation;
  return (
    <article class="card operation" id={operationId} aria-labelledby={`${operationId}-name`}>
      <h3 id={`${operationId}-name`}>
        <span class={`pill ${COLOURS[method]}`}>{method}</span> <code>{path}</code>
        <a href={`#${operationId}`}>{summary}</a>
      </h3>
      <div class="columns">
        <div>
          <Prose text={description} />
          {(["path", "query", "header"] as const).map((place) => (
            <Parameters key={place} operation={operation} place={place} />
          ))}
          {requestBody && <Body content={requestBody.content} />}
          <Answers responses={responses} />
        </div>
        <div class="samples">
          {operation["x-codeSamples"].map(({ label, source }, at) => (
            <details key={label} open={at === 0}>
              <summary>{label}</summary>
              <div class="sample">
                <pre tabIndex={0}>{source}</pre>
                <Copy text={source} />
              </div>
            </details>
          ))}
        </div>
      </div>
    </article>
  );
}

const COLOURS: Readonly<Record<string, string>> = {
  GET: "pending",
  POST: "good",
  DELETE: "bad",
};

const PLACES = { path: "In the path", query: "In the query string", header: "Headers" };

function Parameters({ operation, place }: {
  operation: Operation;
  place: Parameter["in"];
}) {
  const here = operation.parameters?.filter((parameter) => parameter.in === place) ?? [];
  if (here.length === 0) return null;
  return (
    <>
      <h4>{PLACES[place]}</h4>
      <dl class="members">
        {here.map(({ name, schema, required = false, description }) => (
          <Member
            key={name}
            name={name}
            schema={schema}
            required={required}
            description={description ?? schema.description}
          />
        ))}
      </dl>
    </>
  );
}

function Body({ content }: { content: Content }) {
  return (
    <>
      <h4>Body, one of</h4>
      <Media content={content} />
    </>
  );
}

function Media({ content }: { content: Content }) {
  return (
    <ul class="media">
      {Object.entries(content).map(([type, { schema }]) => (
        <li key={type}>
          <code>{type}</code>{" "}
          <span class="type">
            <Type schema={schema} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Answers({ responses }: { responses: Operation["responses"] }) {
  return (
    <>
      <h4>Answers</h4>
      <dl class="answers">
        {Object.entries(responses).map(([status, { description, content }]) => (
          <div key={status}>
            <dt class={status < "400" ? "stored" : "dead"}>{status}</dt>
            <dd>
              <Inline text={description} />
              {content !== undefined && status < "400" && <Media content={content} />}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
