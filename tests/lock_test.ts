/**
 * Do the two lock files hold what they are meant to? `deno.lock` the packages of the service and no
 * other, since a start downloads all that stand in it; `tests/deno.lock` those of the tests as well.
 */
import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

async function read(path: string): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));
}

const service = await read("../deno.lock");
const tests = await read("deno.lock");

/** `npm:@scope/name@^1.0.0` and `@scope/name@1.0.0_peer@2.0.0` without prefix and version. */
const nameOf = (specifier: string) => /^(?:npm:)?(@?[^@]+)/.exec(specifier)![1]!;
const names = (specifiers: readonly string[]) => [...new Set(specifiers.map(nameOf))].toSorted();
const npmOnly = (imports: Readonly<Record<string, string>>) =>
  Object.values(imports).filter((specifier) => specifier.startsWith("npm:"));

/** Names of the packages that those of the specifiers need, themselves included. */
function reachable({ specifiers, npm }: Lock): string[] {
  const left = names(Object.keys(specifiers));
  const found = new Set<string>();
  for (let name; (name = left.pop()) !== undefined;) {
    if (found.has(name)) continue;
    found.add(name);
    for (const [id, { dependencies = [], optionalDependencies = [] }] of Object.entries(npm)) {
      if (nameOf(id) === name) left.push(...names([...dependencies, ...optionalDependencies]));
    }
  }
  return [...found].toSorted();
}

Deno.test("deno.lock holds the packages of deno.json's imports, what they need, and nothing else", () => {
  assert.deepEqual(names(Object.keys(service.specifiers)), names(npmOnly(project.imports)));
  assert.deepEqual(names(Object.keys(service.npm)), reachable(service));
});

Deno.test("tests/deno.lock adds the packages that only tests import, and agrees otherwise", () => {
  const all = { ...project.imports, ...project.scopes["./tests/"] };
  assert.deepEqual(names(Object.keys(tests.specifiers)), names(npmOnly(all)));
  for (const [specifier, version] of Object.entries(service.specifiers)) {
    assert.equal(tests.specifiers[specifier], version, specifier);
  }
  for (const [id, { integrity }] of Object.entries(service.npm)) {
    assert.equal(tests.npm[id]?.integrity, integrity, id);
  }
});
