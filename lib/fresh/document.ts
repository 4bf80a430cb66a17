/** Renders JSX to a complete HTML document, with the islands' markers, props and scripts. */
import {
  type ComponentChildren,
  type ComponentType,
  Fragment,
  h,
  options,
  type VNode,
} from "preact";
import { renderToString } from "preact-render-to-string";
import { type Build, type Island, scriptUrl } from "./build.ts";
import { fillDocument } from "./html.ts";
import { asset, assetSrcSet, Head } from "./runtime.ts";
import { serialize } from "./serialize.ts";

// deno-lint-ignore no-explicit-any
type Element = VNode<Record<string, any> & { children: any }>;

/** What one rendering collects; it never awaits, so a variable can hold the current one. */
class Rendering {
  readonly nonce = crypto.randomUUID().replaceAll("-", "");
  /** Which of `html`, `head` and `body` were rendered. */
  readonly tags = new Set<string>();
  /** Contents of `<Head>` elements. */
  readonly heads: ComponentChildren[] = [];
  readonly islands = new Set<Island>();
  readonly props: { slots: never[]; props: unknown }[] = [];
  /** The island being rendered; what is inside of it belongs to it. */
  open: { vnode: Element; type: Element["type"] } | undefined;

  constructor(readonly pathname: string, readonly build: Build | undefined) {}
}

let current: Rendering | undefined;

// Preact's hooks around each element; their published names are these two.
const hooks = options as { __b?: (vnode: Element) => void; diffed?: (vnode: Element) => void };
const { __b: before, diffed: after } = hooks;
hooks.__b = (vnode) => {
  if (current) enter(vnode, current);
  before?.(vnode);
};
hooks.diffed = (vnode) => {
  if (current?.open?.vnode === vnode) {
    vnode.type = current.open.type; // The element may be a constant that is rendered again.
    current.open = undefined;
  }
  after?.(vnode);
};

/**
 * Renders a document.
 *
 * @param pathname the page's own path, to mark links that lead to it
 * @param build knows the islands; without it nothing runs in the browser
 * @returns the document, its nonce, and the URLs of the scripts it loads
 * @throws {Error} if an island has a prop that cannot be sent to the browser
 */
export function renderDocument(
  page: ComponentChildren,
  pathname: string,
  build: Build | undefined,
): { html: string; nonce: string; scripts: string[] } {
  const rendering = current = new Rendering(pathname, build);
  try {
    const content = renderToString(h(Fragment, null, page));
    const head = renderToString(h(Fragment, null, rendering.heads));
    const { nonce, tags } = rendering;
    const islands = [...rendering.islands];
    const scripts: string[] = [];
    let boot = "";
    if (build && islands.length > 0) {
      scripts.push(scriptUrl(build.id, "fresh-runtime"), ...islands.map(({ url }) => url));
      boot = bootScript(scripts[0]!, islands, serialize(rendering.props), nonce);
    }
    const html = "<!DOCTYPE html>" + fillDocument(content, tags, head, boot);
    return { html, nonce, scripts };
  } finally {
    current = undefined;
  }
}

/** Adapts an element before Preact renders it. */
function enter(vnode: Element, rendering: Rendering): void {
  const { type, props } = vnode;
  if (typeof type === "string") vnode.props = adaptProps(type, props, rendering);
  else if (type === Head as unknown) rendering.heads.push(props.children);
  else if (!rendering.open) {
    const island = rendering.build?.islands.get(type as ComponentType);
    if (island) mark(vnode, island, rendering);
  }
}

function adaptProps(type: string, props: Element["props"], rendering: Rendering) {
  switch (type) {
    case "html":
    case "head":
    case "body":
      rendering.tags.add(type);
      return props;
    case "script":
    case "style":
      return { ...props, nonce: rendering.nonce };
    case "img":
    case "source": {
      const { src, srcset } = props;
      return {
        ...props,
        ...typeof src === "string" && { src: asset(src) },
        ...typeof srcset === "string" && { srcset: assetSrcSet(srcset) },
      };
    }
    case "a":
      return { ...props, ...linkState(props["href"], rendering.pathname) };
    default:
      return props;
  }
}

/** Attributes that tell where a link leads: to this page, or to one above it. */
function linkState(href: unknown, pathname: string): Record<string, string> {
  if (typeof href !== "string" || !href.startsWith("/")) return {};
  const [target, here] = [href, pathname].map((path) => path.replace(/\/?([?#].*)?$/s, ""));
  if (target === here) return { "data-current": "true", "aria-current": "page" };
  if (!`${here}/`.startsWith(`${target}/`)) return {};
  return { "data-ancestor": "true", "aria-current": "true" };
}

/** Puts an island between comments that tell the browser its name and its props. */
function mark(vnode: Element, island: Island, rendering: Rendering): void {
  const { type, props, key } = vnode;
  const index = rendering.props.push({ slots: [], props }) - 1;
  const label = `${island.name}:${index}:${String(key ?? "").replaceAll(":", "_")}`;
  rendering.islands.add(island);
  rendering.open = { vnode, type };
  vnode.type = () =>
    h(Fragment, null, [
      comment(`frsh:island:${label}`),
      h(type as ComponentType<object>, props),
      comment("/frsh:island"),
    ]);
}

function comment(text: string): VNode {
  return h(Fragment, { UNSTABLE_comment: text } as unknown as null);
}

function bootScript(runtime: string, islands: Island[], props: string, nonce: string): string {
  const imports = islands.map(({ name, exportName, url }) => {
    const renamed = exportName === name ? name : `${exportName} as ${name}`;
    return `import ${exportName === "default" ? name : `{ ${renamed} }`} from "${url}";`;
  });
  // JSON inside of a script must not end it.
  const data = JSON.stringify(props)
    .replaceAll(/<\/(script|style)/gi, "<\\/$1")
    .replaceAll("<!--", "\\u003C!--");
  const names = islands.map(({ name }) => name).join(",");
  return `<script type="module" nonce="${nonce}">import { boot } from "${runtime}";` +
    `${imports.join("")}boot({${names}},${data});</script>`;
}
