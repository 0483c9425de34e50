/** The running service: it comes back by itself when a connection ends, so nobody waits for it to finish. */
export const AGENT_APPLICATION = 'ip-reputation agent';
/** Commands, as they show in `pg_stat_activity`. */
export const COMMAND_APPLICATION = 'ip-reputation command';
