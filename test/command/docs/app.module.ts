import { defineMessage, Module } from '@spoa/framework';

const check = defineMessage({
  name: 'bot-check',
  event: 'on-frontend-http-request',
  args: { agent: { type: 'string', sample: 'req.hdr(user-agent)', optional: true } },
  vars: { bot: 'transaction' },
  handle: ({ agent = '' }) => ({ bot: agent.includes('bot') }),
});

/** The module that the page's agent.ts names. */
@Module({ controllers: [check] })
export class AppModule {}
