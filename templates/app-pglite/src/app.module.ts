import { Module } from '@spoa/framework';
import { ConfigModule } from '@spoa/framework/config';
import { BlockList } from './block-list.service.ts';
import { configuration } from './config.ts';
import { DatabaseModule } from './database/database.module.ts';
import { MessageNameController } from './message-name.controller.ts';

@Module({
  imports: [ConfigModule.forRoot(configuration), DatabaseModule],
  controllers: [MessageNameController],
  providers: [BlockList],
})
export class AppModule {}
