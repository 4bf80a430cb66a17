/** The kinds of problems that answers tell, for people: what their `type` refers to. */
import { type ProblemKind, PROBLEMS } from "../../lib/problems.ts";
import { Inline } from "./prose.tsx";

/** All of them. */
export function Problems() {
  return (
    <section id="problems" class="card">
      <h2>
        Problems <span>what their type, as RFC 9457 has it, says</span>
      </h2>
      <dl class="members">
        {Object.entries<ProblemKind>(PROBLEMS).map(([name, { status, title, meaning, remedy }]) => (
          <div key={name} id={`problem-${name}`}>
            <dt>
              {title} <code>{status}</code>
            </dt>
            <dd>
              <Inline text={`${meaning} ${remedy}`} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
