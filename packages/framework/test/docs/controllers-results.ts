import { Arg, Args, bin, Context, type Message, type NotifyContext, SpoeMessage, uint32, Var } from '@spoa/framework';

/** Properties are variables, each with its scope. What stays undefined is left alone. */
export class Verdict {
  @Var('transaction') score!: number;
  @Var('session', { name: 'first_seen' }) firstSeen?: string;
  /** `null` removes a variable that was set before. */
  @Var('transaction') reason?: string | null;
}

@SpoeMessage('judge')
export class JudgeController {
  handle(@Arg('path', { type: 'latin1' }) path: string): Verdict {
    const verdict = new Verdict();
    verdict.score = path.length;
    verdict.reason = path.startsWith('/admin') ? 'admin' : null;
    return verdict;
  }
}

@SpoeMessage('count')
export class CountController {
  /** Nothing but what came: arguments without names, or as many as there are. */
  handle(@Args() message: Message, @Context() notify: NotifyContext) {
    const names = [...message].map(({ name, type }) => `${name}:${type}`);
    notify.setVar('session', 'last_stream', notify.streamId);
    return { transaction: { count: uint32(message.length), names: names.join(' '), digest: bin('\x01\x02') } };
  }
}
