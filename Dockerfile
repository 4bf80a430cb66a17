# The service and the publisher in one image; docker-compose.yml says which of them runs.
#
# Deno's own image: small, for amd64 and arm64, with a user "deno" (uid 1993) and DENO_DIR=/deno-dir/.
# Deno from npm on a Node image does the same, but brings Node and npm along for nothing.
FROM denoland/deno:2.9.6
WORKDIR /app

# Only the files that name the dependencies, so that a change of the sources downloads nothing again.
# Deno gets every package of the lock file as soon as it needs one: the embedded PostgreSQL, 60 MB and
# of no use beside a real one, has to leave it. "deno remove" would get the packages of tests as well.
COPY deno.json deno.lock ./
COPY lib/fresh/deno.json lib/fresh/
RUN sed -i '/"embedded-postgres":/d' deno.json \
  && deno eval 'import "zod"' \
  && cp deno.json deno.lock /tmp/

# Built here, and by root: what runs later needs neither the network nor to write here.
COPY . .
RUN mv /tmp/deno.json /tmp/deno.lock . \
  && deno task build \
  && deno install --frozen --entrypoint main.ts _fresh/server.js workers/*.ts publisher/main.ts

# A named volume that is mounted here for the first time takes over the owner.
RUN mkdir data && chown deno:deno data
USER deno

# Nothing but the database is asked for over the network.
ENV DENO_NO_UPDATE_CHECK=1
EXPOSE 8080

# In place of the base image's entry point, whose init is not the first process under "init: true".
# The permissions of each program stand in deno.json, and only there.
ENTRYPOINT ["deno", "task", "--quiet"]
CMD ["serve"]
