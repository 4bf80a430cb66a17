/**
 * What each operation needs, described: it follows from the table that requests are judged by.
 */
import type {
  ZodOpenApiObject,
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
} from "zod-openapi";
import { SESSION_COOKIE } from "../access/sessions.ts";
import { type Need, needOf } from "../access/table.ts";
import { problems } from "./answers.ts";

/** How a request says who it is of. */
export const securitySchemes = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "A token of `API_TOKENS`; where the service has none, nothing is asked for",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "Of a browser that has logged in with a token, at `/login`",
  },
} satisfies NonNullable<ZodOpenApiObject["components"]>["securitySchemes"];

/** The same paths, each operation with what it needs and how it is refused. */
export function secured(paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => {
          const route = path.replaceAll(/\{(\w+)\}/g, ":$1");
          return [method, withNeed(operation, needOf(route, method.toUpperCase()))];
        }),
      ),
    ]),
  );
}

function withNeed(operation: ZodOpenApiOperationObject, need: Need): ZodOpenApiOperationObject {
  if (need === "open") return { ...operation, security: [] };
  const { description, responses } = operation;
  const told = `Needs the scope \`${need}\` where the service has tokens.`;
  return {
    ...operation,
    description: description === undefined ? told : `${description}\n\n${told}`,
    security: [{ token: [need] }, { session: [need] }],
    responses: { ...responses, ...problems(401, 403, 429) },
  };
}
