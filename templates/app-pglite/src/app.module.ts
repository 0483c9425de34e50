import { Module } from '@spoa/framework';
import { BlockList } from './block-list.service.ts';
import { DatabaseModule } from './database/database.module.ts';
import { MessageNameController } from './message-name.controller.ts';

@Module({
  imports: [DatabaseModule],
  controllers: [MessageNameController],
  providers: [BlockList],
})
export class AppModule {}
