/**
 * Schemas, for people.
 */
import { Inline } from "./prose.tsx";

/** As much of JSON Schema as the document holds. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** The type of a value, in a few words; types with a name lead to where they are described. */
export function Type({ schema }: { schema: Schema }) {
  const { $ref, anyOf, items } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1)!;
    return <a href={`#schema-${name}`}>{name}</a>;
  }
  if (anyOf !== undefined) {
    return <>{anyOf.map((one, at) => [at > 0 && " or ", <Type key={at} schema={one} />])}</>;
  }
  if (schema.type === "array" && items !== undefined) {
    return (
      <>
        array of <Type schema={items} />
      </>
    );
  }
  return <>{plainType(schema)}</>;
}

/**
 * The type of a value that has no parts.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { plainType } from "./schema.tsx";
 *
 * strictEqual(plainType({ type: "integer", minimum: 1, maximum: 9 }), "integer, 1 to 9");
 * strictEqual(plainType({ type: ["string", "null"] }), "string or null");
 * strictEqual(plainType({ enum: ["asc", "desc"] }), '"asc" or "desc"');
 * ```
 */
export function plainType(schema: Schema): string {
  const { type = "anything", format, minimum, maximum, minLength, maxLength } = schema;
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" or ");
  const name = typeof type === "string" ? type : type.join(" or ");
  const bounds = range(minimum, maximum) ?? range(minLength, maxLength, " characters");
  return [name, format, bounds].filter((part) => part !== undefined).join(", ");
}

function range(least: number | undefined, most: number | undefined, of = ""): string | undefined {
  if (most === undefined) return least === undefined || of !== "" ? undefined : `${least} or more`;
  return least === undefined ? `at most ${most}${of}` : `${least} to ${most}${of}`;
}

/** The members of an object, one a row. */
export function Members({ schema }: { schema: Schema }) {
  if (schema.properties === undefined) {
    return (
      <p>
        <Type schema={schema} />
      </p>
    );
  }
  return (
    <dl class="members">
      {Object.entries(schema.properties).map(([name, member]) => (
        <Member
          key={name}
          name={name}
          schema={member}
          required={schema.required?.includes(name) ?? false}
          description={member.description}
        />
      ))}
    </dl>
  );
}

/** A member of an object, or a parameter. */
export function Member({ name, schema, required, description }: {
  name: string;
  schema: Schema;
  required: boolean;
  description: string | undefined;
}) {
  return (
    <div>
      <dt>
        <code>{name}</code> <small>{required ? "" : "optional"}</small>
      </dt>
      <dd>
        <span class="type">
          <Type schema={schema} />
        </span>
        {schema.default !== undefined && (
          <small>
            by default <code>{JSON.stringify(schema.default)}</code>
          </small>
        )}
        {description !== undefined && (
          <p>
            <Inline text={description} />
          </p>
        )}
        {schema.properties !== undefined && <Members schema={schema} />}
        {schema.items?.properties !== undefined && <Members schema={schema.items} />}
      </dd>
    </div>
  );
}
