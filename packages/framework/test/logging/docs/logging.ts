import { Arg, Context, Logs, type NotifyContext, SetVar, SpoeMessage } from '@spoa/framework';

@SpoeMessage('check-login')
export class LoginController {
  readonly #logs: Logs;

  constructor(logs: Logs) {
    this.#logs = logs;
    logs.for(LoginController).info('ready');
  }

  @SetVar('blocked', { scope: 'session' })
  handle(@Arg('user') user: string, @Context() notify: NotifyContext): boolean {
    if (user !== 'root') return false;
    this.#logs.forNotify(LoginController, notify).warn({ user }, 'login refused');
    return true;
  }
}
