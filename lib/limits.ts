/**
 * Every bound of the service that is not configuration, with why it is what it is.
 *
 * Durations in milliseconds, sizes in bytes, counts in events or entries.
 */

// --- Requests -------------------------------------------------------------------------------

/** Longest `topic`, `event_id` and `source`. */
export const MAX_NAME_CHARACTERS = 255;

/** Longest timestamp: nanoseconds and a zone fit, a fraction that PostgreSQL refuses does not. */
export const MAX_INSTANT_CHARACTERS = 40;

/** Longest URL: all parameters that a route knows fit, each as long as it may be. */
export const MAX_URL_CHARACTERS = 16 * 1024;

/** What the log tells of a path. */
export const MAX_LOGGED_PATH_CHARACTERS = 500;

/** How long a browser may remember what a preflight was answered. */
export const PREFLIGHT_SECONDS = 600;

/** Longest query parameter. */
export const MAX_PARAM_CHARACTERS = 1_000;

/** Events at fault that a 422 lists; the rest would only make the answer larger than the request. */
export const MAX_FIELD_ERRORS = 100;

/** Longest path and longest message of one of them. */
export const MAX_ERROR_CHARACTERS = 160;

/** Deepest nesting of a payload. PostgreSQL's JSON parser runs out of stack beyond 6,000 levels. */
export const MAX_PAYLOAD_DEPTH = 100;

/** Events on a page of `GET /events`, dead letters on one of `GET /dead-letters`. */
export const DEFAULT_PAGE_EVENTS = 100;
export const MAX_PAGE_EVENTS = 1000;

/** Dead letters on a page of the dashboard, all of which one button replays. */
export const DASHBOARD_PAGE_LETTERS = 50;

/** A form of the dashboard: an event by hand, or the ids of a page of dead letters. */
export const MAX_FORM_BYTES = 256 * 1024;

/** Exports at once. Each holds a connection and a snapshot for as long as its reader takes. */
export const MAX_EXPORTS = 2;

/** Events that a histogram counts: the latest of those that match, in some 50 ms. */
export const MAX_HISTOGRAM_EVENTS = 100_000;

/** Events on a page of the explorer, and rows it keeps while it is scrolled on and on. */
export const EXPLORER_PAGE_EVENTS = 50;

/** Events that the tail page shows at first: what comes next is on top soon. */
export const TAIL_PAGE_EVENTS = 50;

/** Events that tell who sends on a topic: the latest stored, in some 30 ms. */
export const MAX_SOURCE_EVENTS = 10_000;

/** Sources that are told of, those that sent most; whoever publishes can make up sources. */
export const MAX_TOPIC_SOURCES = 20;

/** Events on the page of a topic. */
export const TOPIC_PAGE_EVENTS = 20;

/** Longest that a request may wait for its verdicts: less than proxies commonly wait for an answer. */
export const MAX_WAIT_SECONDS = 60;

/**
 * Requests that wait at once, and their events: some 200 bytes each, for their keys. Those beyond are
 * answered at once that they are accepted.
 */
export const MAX_WAITING_REQUESTS = 5_000;
export const MAX_WAITING_EVENTS = 200_000;

// --- Journal --------------------------------------------------------------------------------

/** An entry takes no further request beyond this, so that a delivery stays one modest transaction. */
export const MAX_ENTRY_EVENTS = 2_000;
export const MAX_ENTRY_BYTES = 4 * 1024 * 1024;

// --- Deliveries -----------------------------------------------------------------------------

/** A delivery leaves at once when so many events wait: one transaction then costs next to nothing each. */
export const DELIVERY_EAGER_EVENTS = 1_000;

/**
 * Otherwise when the one before it left so long ago: the first event after a silence leaves at once, and
 * where many come one by one they make few transactions. Tiny transactions are what costs.
 */
export const DELIVERY_PACE_MS = 40;

/** The most a delivery carries, where its first entry alone is not more. */
export const MAX_DELIVERY_EVENTS = 2_000;
export const MAX_DELIVERY_BYTES = 4 * 1024 * 1024;

/** Traced requests that a delivery knows of, 55 characters each; a span holds no more than 128 links. */
export const MAX_DELIVERY_TRACES = 32;

/**
 * Deliveries a consumer may hold: while one is in PostgreSQL the next is read from the journal.
 * Times the consumers this stays far below the 256 messages that all channels of a process share.
 */
export const CONSUMER_CREDITS = 2;

/**
 * What an ack says of its delivery beside the totals: so many pairs of topic and source, so many keys
 * that were repeated. It goes over the channel, where a long message costs most.
 */
export const OUTCOME_GROUPS = 40;
export const OUTCOME_REPEATED_KEYS = 3;

/** How often a consumer says which deliveries it holds. */
export const HEARTBEAT_MS = 1_000;

/** A delivery that its consumer has not named for so long was lost on the channel: ring again. */
export const REDELIVERY_MS = 3 * HEARTBEAT_MS;

/** A consumer silent for so long is dead: replaced, its deliveries given to the others. */
export const CONSUMER_SILENCE_MS = 5 * HEARTBEAT_MS;

/** The same for one that is still starting, which on a busy machine takes its time. */
export const CONSUMER_START_MS = 30_000;

/** What a publisher is told to wait where the queue is full, at least and at most. */
export const RETRY_AFTER_MS = { least: 1_000, most: 30_000 };

/** First and longest pause before something is tried again. */
export const RETRY_FIRST_MS = 50;
export const RETRY_LONGEST_MS = 5_000;

/** Consumers of one aggregator at most, and shards of the counters that a slot of the registry stands for. */
export const MAX_CONSUMERS = 16;

/**
 * Processes that only consume have no slot: each takes one of these groups of shards by chance, above those
 * of any aggregator, so that they seldom wait for each other's counters.
 */
export const SHARD_GROUPS = 16;
export const FIRST_GROUP_SHARD = 1_000_001;

// --- Aggregators ----------------------------------------------------------------------------

/** How often an aggregator writes its row of the registry: others know it as of then. */
export const BEAT_MS = 1_000;

/** A heartbeat that takes so long is given up, and tried again. */
export const BEAT_TIMEOUT_MS = 4_000;

/** The same where PostgreSQL does not say so itself. */
export const BEAT_ANSWER_MS = BEAT_TIMEOUT_MS + 1_000;

/** One that has said nothing for so long is dead: two heartbeats may be given up before. */
export const AGGREGATOR_DEAD_MS = 2 * BEAT_ANSWER_MS;

/** Aggregators that are told of, those seen last: a frame of the stream holds them all. */
export const MAX_AGGREGATORS = 100;

// --- Database -------------------------------------------------------------------------------

/** How long the start waits for a database that refuses or is still starting up. */
export const DATABASE_WAIT_MS = 30_000;

/**
 * Partitions of the table of events. A page of `/events` locks each and its four indexes: with 256 and
 * 50 connections some pages at once fill PostgreSQL's table of locks (`out of shared memory`).
 */
export const MAX_PARTITIONS = 64;

/** Connections for queries, beside the one that each consumer has. */
export const QUERY_CONNECTIONS = 6;

/** A query that readers wait for is given up after this. */
export const QUERY_TIMEOUT_MS = 30_000;

/** How long `/readyz` waits for the database. */
export const READINESS_TIMEOUT_MS = 5_000;

/** Longest that a delivery's statement may take; then it is tried again. */
export const APPLY_TIMEOUT_MS = 60_000;

/**
 * How often applied entries are forgotten, and how long after their release at least: by then no
 * statement that read them before runs any more.
 */
export const PRUNE_MS = 2 * APPLY_TIMEOUT_MS;

// --- Retention ------------------------------------------------------------------------------

/** Events that one statement looks at: some 10 ms, for which a repeat of what it deletes has to wait. */
export const SWEEP_EVENTS = 2_000;

/** Longest that it may take; then it is tried again with the next sweep. */
export const SWEEP_TIMEOUT_MS = 10_000;

/** A connection that says nothing for so long is dead. */
export const SWEEP_ANSWER_MS = SWEEP_TIMEOUT_MS + 5_000;

/**
 * Shortest and longest time between two sweeps; in between a hundredth of the shortest retention. Each
 * walks past what is deleted and not vacuumed yet: 10 ms for a million events.
 */
export const SWEEP_SHORTEST_MS = 1_000;
export const SWEEP_LONGEST_MS = 600_000;

// --- Live -----------------------------------------------------------------------------------

/** Topics on the overview: a page's worth, since a frame goes to every open stream. `/topics` has all. */
export const MAX_DASHBOARD_TOPICS = 50;

/** Shortest time between two `stats` frames of a stream. */
export const STATS_FRAME_MS = 250;

/**
 * With many streams open, each gets fewer frames, so that all of them together cost publishers little:
 * so much more time for each, up to a second.
 */
export const STATS_FRAME_STREAM_MS = 10;
export const STATS_FRAME_LONGEST_MS = 1_000;

/** What a slow stream may have waiting; nothing is read for it until it has room again. */
export const STREAM_BUFFER_BYTES = 256 * 1024;

/** Something is sent on each stream so that proxies keep it open. */
export const STREAM_HEARTBEAT_MS = 15_000;

/**
 * How often the feed looks what is stored: at most, and at least, for commits of other aggregators, which
 * people then see as soon as new numbers.
 */
export const FEED_TICK_MS = 50;
export const FEED_IDLE_MS = 250;

/** How long a new stream, or a page, waits for a look before it begins without. */
export const FEED_OPEN_MS = 1_000;

/** A connection that says nothing for so long is dead: PostgreSQL gives a query up sooner. */
export const FEED_ANSWER_MS = QUERY_TIMEOUT_MS + 5_000;

/** Connections of the feed, so that those who follow never hold up other queries. */
export const FEED_CONNECTIONS = 2;

/** Events and bytes read at a time for a stream; an event larger than that is read alone. */
export const FEED_PAGE_EVENTS = 1_000;
export const FEED_PAGE_BYTES = 256 * 1024;

/** Events in the first read of a stream, while it is not known how large they are. */
export const FEED_FIRST_EVENTS = 128;

/** Seqs looked at in one statement: no filter, however rarely it matches, makes it a long one. */
export const FEED_SPAN = 50_000;

/** How often a stream with a rate gets events: as often as people can follow. */
export const FEED_RATE_MS = 250;

/** Highest rate of a stream, events a second. */
export const MAX_FEED_RATE = 10_000;

/** Events that a stream with a rate gets at once after a quiet time: as many as a page keeps. */
export const TAIL_BURST_EVENTS = 1_000;

/** Open streams; each costs a buffer and a share of every frame. */
export const MAX_STREAMS = 1_000;

/**
 * Topics with time series of their own in `/metrics`, five each; whoever publishes can make up topics,
 * and Prometheus keeps each series for weeks.
 */
export const MAX_METRIC_TOPICS = 200;

/** How long `/metrics` waits for the database: less than the ten seconds after which Prometheus gives up. */
export const METRICS_TIMEOUT_MS = 5_000;

/** Rates are means over this window. */
export const RATE_WINDOW_MS = 5_000;

// --- History --------------------------------------------------------------------------------

/** Windows of the charts: no more points than a chart has room for. */
export const HISTORY_WINDOWS = {
  "1m": { stepMs: 1_000, points: 60 },
  "15m": { stepMs: 10_000, points: 90 },
  "1h": { stepMs: 30_000, points: 120 },
} as const;

/** How often it is looked how much is pending: once in each of the shortest slots. */
export const LOOK_MS = HISTORY_WINDOWS["1m"].stepMs;

/** Topics whose history is kept: 4.4 KB each. */
export const MAX_HISTORY_TOPICS = 300;

/** Topics that one answer of `/stats/timeseries` holds, those that received most: up to 60 KB. */
export const MAX_TIMESERIES_TOPICS = 100;

/**
 * Buckets of a latency histogram, each a fifth wider than the one before: from 0.2 ms to 71 s, which is
 * longer than a consumer's statement may take. A percentile is then right within a tenth.
 */
export const LATENCY_FIRST_MS = 0.2;
export const LATENCY_GROWTH = 1.2;
export const LATENCY_BUCKETS = 72;

/** Who is retrying is told of the last five minutes. */
export const SOURCES_WINDOW = { stepMs: 30_000, points: 10 } as const;

/** Sources that are watched for it, of 0.2 KB each, and those that a snapshot names. */
export const MAX_HISTORY_SOURCES = 500;
export const MAX_SOURCES = 20;

/** Keys that were repeated last, of which a snapshot tells. */
export const MAX_RECENT_DUPLICATES = 20;

// --- Stop -----------------------------------------------------------------------------------

/** A signal to a whole process group comes twice, also by way of the task runner: taken as one. */
export const SAME_SIGNAL_MS = 500;

/** How often it is looked whether the `npx` above is still there. */
export const NPX_LOOK_MS = 1_000;

/** How long a signal waits for a start to be complete. */
export const START_GRACE_MS = 5_000;

/** How long a stop waits for requests under way. */
export const SHUTDOWN_MS = 2_000;

/** How long a stop waits for the queue to drain; what is left stays in the journal. */
export const DRAIN_MS = 5_000;

/** How long a consumer may take to close its connections. */
export const STOP_MS = 1_000;
