import { Module } from '@spoa/framework';
import { BlockList } from './block-list.service.ts';
import { MessageNameController } from './message-name.controller.ts';

@Module({
  controllers: [MessageNameController],
  providers: [BlockList],
})
export class AppModule {}
