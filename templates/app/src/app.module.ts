import { Module } from '@spoa/framework';
import { ConfigModule } from '@spoa/framework/config';
import { BlockList } from './block-list.service.ts';
import { configuration } from './config.ts';
import { MessageNameController } from './message-name.controller.ts';

@Module({
  imports: [ConfigModule.forRoot(configuration)],
  controllers: [MessageNameController],
  providers: [BlockList],
})
export class AppModule {}
