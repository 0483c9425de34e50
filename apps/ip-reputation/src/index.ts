export { startApplication } from './application.ts';
export { addSettings, settingsOf } from './commands/settings-options.ts';
export { openDatabase } from './database/database.ts';
export { locationOf } from './database/location.ts';
export { haproxyFiles } from './haproxy-files.ts';
export { importList } from './import/import-list.ts';
export { ReputationService } from './service/reputation-service.ts';
export { settingsWith } from './settings.ts';
