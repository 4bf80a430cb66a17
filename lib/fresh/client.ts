/** The browser's side: finds the islands in the page and brings them to life. */
import { type ComponentType, h, render } from "preact";
import { deserialize } from "./serialize.ts";

/**
 * Starts the islands of this page.
 *
 * @param islands components by the name in their markers
 * @param text props as the server wrote them
 */
export function boot(islands: Record<string, ComponentType>, text: string): void {
  const all = deserialize(text) as { props: object }[];
  for (const { name, index, start, end } of findPlaces()) {
    const vnode = h(islands[name]!, all[index]!.props);
    setTimeout(() => render(vnode, rootBetween(start, end)));
  }
}

/** Finds the islands' places and replaces the comments that mark them by empty text nodes. */
function findPlaces() {
  const comments: Comment[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
  while (walker.nextNode()) comments.push(walker.currentNode as Comment);

  const places: { name: string; index: number; start: Text; end: Text }[] = [];
  let open: { name: string; index: number; start: Text } | undefined;
  for (const comment of comments) {
    const marker = /^(\/?)frsh:island(?::([^:]*):(\d+))?/.exec(comment.data);
    if (!marker) continue;
    const text = document.createTextNode("");
    comment.replaceWith(text);
    if (!marker[1]) open = { name: marker[2]!, index: Number(marker[3]), start: text };
    else if (open?.start.parentNode === text.parentNode) places.push({ ...open!, end: text });
    else console.error("Cannot start island: its HTML was moved, is it nested badly?");
  }
  return places;
}

/** Looks to Preact like an element whose children are the nodes between `start` and `end`. */
function rootBetween(start: Text, end: Text): Element {
  const parent = start.parentNode as Element;
  const childNodes: ChildNode[] = [];
  for (let node = start.nextSibling!; node !== end; node = node.nextSibling!) childNodes.push(node);
  return {
    nodeType: Node.ELEMENT_NODE,
    namespaceURI: parent.namespaceURI,
    parentNode: parent,
    childNodes,
    get firstChild() {
      return start.nextSibling === end ? null : start.nextSibling;
    },
    contains: (node: Node | null) => parent.contains(node),
    insertBefore: (node: Node, before: Node | null) => parent.insertBefore(node, before ?? end),
    appendChild: (node: Node) => parent.insertBefore(node, end),
    removeChild: (node: Node) => parent.removeChild(node),
  } as unknown as Element;
}
