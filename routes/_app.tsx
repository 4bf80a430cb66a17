import type { ComponentChildren } from "preact";
import { asset } from "fresh/runtime";
import ConnectionState from "../islands/ConnectionState.tsx";
import Shortcuts from "../islands/Shortcuts.tsx";
import ThemeSwitch from "../islands/ThemeSwitch.tsx";
import { may } from "../lib/access/tokens.ts";
import { themeOf } from "../lib/browser/theme.ts";
import { define } from "../lib/http.ts";

/** What all pages share. */
export default define.layout(({ Component, error, req, url, state }) => {
  const theme = themeOf(req.headers.get("cookie"));
  // An error page may not know who asks: then it leaves nothing out.
  const { grants } = state as Partial<typeof state>;
  const isStranger = grants !== undefined && !may(grants, "read");
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sekali</title>
        <link rel="icon" href={asset("/icon.svg")} />
        <link rel="stylesheet" href={asset("/styles.css")} />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <Header
          search={url.pathname === "/dashboard/events" ? url.searchParams.get("q") : null}
          isStranger={isStranger}
        >
          {
            // A page of an error is answered where the policy that allows scripts is not known.
            !error && (
              <>
                {!isStranger && <ConnectionState />}
                <ThemeSwitch initial={theme} />
                <Shortcuts />
              </>
            )
          }
          {grants?.name !== undefined && (
            <form method="post" action="/logout">
              <button type="submit" title={`Logged in as ${grants.name}`}>Log out</button>
            </form>
          )}
        </Header>
        <Component />
      </body>
    </html>
  );
});

const PAGES = {
  "/": "Overview",
  "/dashboard/topics": "Topics",
  "/dashboard/events": "Events",
  "/dashboard/tail": "Tail",
  "/dashboard/dead-letters": "Dead letters",
  "/dashboard/publish": "Publish",
  "/docs": "API",
};

function Header({ search, isStranger, children }: {
  search: string | null;
  /** Whether all but the description of the API would only lead to the login. */
  isStranger: boolean;
  children: ComponentChildren;
}) {
  const pages = isStranger ? { "/login": "Log in", "/docs": "API" } : PAGES;
  return (
    <header>
      <a class="mark" href="/">
        <b aria-hidden="true">1×</b> Sekali
      </a>
      <nav aria-label="Pages">
        {Object.entries(pages).map(([path, name]) => <a key={path} href={path}>{name}</a>)}
      </nav>
      {!isStranger && <Search text={search} />}
      {children}
    </header>
  );
}

function Search({ text }: { text: string | null }) {
  return (
    <form class="search" role="search" action="/dashboard/events">
      <input
        type="search"
        name="q"
        aria-label="Search the events"
        placeholder="Search the events"
        value={text ?? undefined}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
