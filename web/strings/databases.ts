export const DATABASES = {
  rooms: 'Rooms of this database',
  documents: 'Documents',
  playground: 'Playground',
  settings: 'Settings',
  access: 'Access',
  usage: 'Usage',
  askIt: 'Chat with it',
} as const
