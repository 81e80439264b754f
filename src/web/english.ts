/** Every word that the pages say, in English. */
import type { Texts } from './german.ts'

const technical = 'There was a technical problem. Please reload the page.'

export const english: Texts = {
  locale: 'en',
  errors: {
    bad_frame: technical,
    bad_message: technical,
    not_joined: 'You have not dialled in yet. Please dial in again.',
    already_joined: 'You are dialled in already.',
    forbidden: 'That is not possible here.',
    wrong_state: 'That is not possible right now. Please try again in a moment.',
    no_such_peer: 'This person is not there any more.',
    room_full: 'There is no free place at the moment. Please try again a little later.',
    code_malformed: 'The code is not quite right yet. Please compare it with your invitation.',
    code_unknown: 'We do not know this code. Please compare it once more with your invitation.',
    code_too_early: 'You are a little early. Please try again later.',
    code_expired: 'This code has expired. Please ask for a new one.',
    code_revoked: 'This code is not valid any more. Please ask for a new one.',
    code_in_use: 'Your place is already open on another device or in another window. Is that you? Then continue here.',
    name_required: 'Please give your name, so that the practice knows who is waiting.',
    name_invalid: 'This name cannot be used. Please type it again, with at most 64 characters.',
    seat_expired: 'The connection was lost for too long. Please dial in once more.',
    throttled: 'There were too many requests from here. Please wait a moment.',
    server_busy: 'The service is busy at the moment. Please try again in a minute.',
    internal: 'Something went wrong on our side. Please try once more.',
  },
  reconnecting: {
    lost: 'Reconnecting. Your place is kept.',
    restarting: 'The service is restarting, your place is kept.',
    too_slow: 'Your connection is slow at the moment. Restoring it, your place is kept.',
    join_timeout: 'Connecting took too long. We are trying again.',
    throttled: 'There were too many attempts from here. It goes on by itself in a moment.',
    frame_too_large: 'Restoring the connection, your place is kept.',
  },
  over: {
    left: { title: 'Goodbye', text: 'You have left the video consultation. All the best!' },
    ended: {
      title: 'The conversation is over',
      text: 'The conversation is over, and your camera and microphone are off. All the best! You can close this window.',
    },
    denied: {
      title: 'The conversation cannot take place now',
      text: 'The practice cannot let you in at the moment. If you have questions, please call the practice.',
    },
    replaced: {
      title: 'Opened elsewhere',
      text: 'Your place was taken over in another window or on another device. You can close this window.',
    },
    seat_expired: {
      title: 'The connection was lost for too long',
      text: 'Your place was given up because of that. Simply dial in once more.',
    },
    revoked: {
      title: 'The code is not valid any more',
      text: 'The practice has withdrawn it. Please ask there for a new one.',
    },
    not_safe: {
      title: 'The conversation was ended to be safe',
      text: 'The safety numbers were not the same. Somebody may have been listening in. Please call the practice before you dial in again.',
    },
    refused: { title: 'Dialling in did not work', text: 'Please try once more.' },
    too_many_refusals: { title: 'There was a technical problem', text: 'Please dial in once more.' },
  },
  html: {
    brand: 'Video consultation',
    skip: 'Skip to the content',
    language: 'Deutsch',
    languageLabel: 'Auf Deutsch umschalten',
    welcome: 'Welcome to your video consultation',
    welcomeText: 'Enter your code and your name. You will then be in the waiting room until the practice lets you in.',
    practiceWelcome: 'Your consulting room',
    practiceWelcomeText: 'Open the consulting room with your code. You will then see who is waiting.',
    code: 'Your code',
    codeHint: 'It is in your invitation. Upper or lower case, with or without hyphens: anything goes.',
    hostCodeHint: 'It has 16 symbols. Upper or lower case, with or without hyphens: anything goes.',
    name: 'Your name',
    nameHint: 'This is how the practice sees you. The server does not store it.',
    hostName: 'Your name (optional)',
    hostNameHint: 'This is how you are shown in the conversation.',
    enter: 'Enter the waiting room',
    open: 'Open the consulting room',
    cancel: 'Cancel',
    takeOver: 'Continue here',
    privacy:
      'Picture and sound are encrypted all the way between you and the practice. This service records nothing and uses no cookies.',
    preview: 'Your picture',
    ownPicture: 'Your own picture',
    previewText: 'Take your time to see whether camera and microphone are ready. Only you see this picture.',
    tryCamera: 'Switch camera and microphone on',
    waiting: 'You are in the waiting room',
    waitingText:
      'Simply leave this window open. As soon as the practice lets you in, the conversation begins by itself.',
    notices: 'Messages from the practice',
    leaveWaiting: 'Leave the waiting room',
    call: 'In conversation',
    participants: 'Who is in the conversation',
    controls: 'Microphone, camera and hanging up',
    hangUp: 'Hang up',
    sound: 'Switch the sound on',
    returning: 'One moment please',
    again: 'Dial in again',
    lobby: 'Waiting room',
    nobodyWaits: 'Nobody is waiting at the moment.',
    inSession: 'In conversation',
    noticeAll: 'Message to all who wait',
    closeRoom: 'Close the consulting room',
    endSession: 'End the conversation',
    empty: 'No conversation yet',
    emptyText: 'As soon as you let somebody in from the waiting room, you see and hear each other here.',
    back: 'Go back',
    later: 'Compare later',
    devices: 'Camera, microphone, loudspeaker',
    devicesShort: 'Devices',
    chooseDevices: 'Choose and test devices',
    chooseCamera: 'Camera',
    chooseMicrophone: 'Microphone',
    chooseSpeaker: 'Speaker',
    level: 'Microphone level',
    tone: 'Play a sound',
    done: 'Done',
    imprint: 'Legal notice',
    privacyNotice: 'Privacy',
    accessibility: 'Accessibility',
    legalMissing:
      'For the administrator: links to the legal notice and the privacy notice are missing: WZ_IMPRINT_URL, WZ_PRIVACY_URL.',
    held: 'The practice has asked you back into the waiting room for a moment.',
    practiceKey: "The practice's key",
    forgetKey: 'Remove the key',
    safetyTitle: 'Safety of this conversation',
    safetySame: 'Yes, the same',
    safetyDifferent: 'Different: end the conversation',
    noScript: 'Please switch on JavaScript. / Bitte schalten Sie JavaScript ein.',
  },
  returning: 'You will be back in your place in a moment.',
  connecting: 'Connecting …',
  unreachable: 'The service cannot be reached at the moment. We keep trying …',
  practiceKey: {
    none: 'If your practice sends sealed links, choose its key file here. It stays in this browser.',
    loaded: (name) => `The practice's key ${name} is loaded.`,
    wrong: 'This file is not a practice key, or it is damaged.',
  },
  codeSealed: 'The code is complete. Your link has a seal, which is checked when you are connected.',
  safety: {
    sealed: 'Sealed',
    sealedPractice: 'Sealed: your practice',
    unsealed: 'Not sealed',
    number: (number) => `Safety number ${number}`,
    checked: (number) => `Checked: ${number}`,
    failed: 'Not safe',
    sealedByPractice:
      'This conversation is sealed: your browser has made sure that it is connected with the practice that your link comes from.',
    sealedForGuest:
      'This conversation is sealed: what you say and show is only received by a page that was opened with a link of your practice.',
    howTo: 'Read the number out to each other. If it is the same on both sides, nobody is listening in.',
    noNumber: 'There is no safety number for this connection, because the other side does not support it.',
    soon: 'The safety number is being worked out.',
    failedText:
      'The two pages could not agree on a safety number. Somebody may be listening in. Hang up, and sort it out by phone.',
    deniedBy: (name) =>
      `${name} has seen another safety number, so the conversation was ended. Please call before you connect again.`,
    refused: {
      not_sealed:
        'Your link is sealed, but the other side has not identified itself. So that nobody listens in, we do not connect you. Please call the practice.',
      no_key:
        'The practice has not loaded its key yet. As soon as it does, this goes on by itself. Until then you are not connected.',
      other_key:
        'The other side has identified itself with another key than that of your practice. So that nobody listens in, we do not connect you. Please call the practice.',
      broken:
        'The other side could not prove that it is your practice. So that nobody listens in, we do not connect you. Please call the practice.',
      no_crypto: 'Your browser cannot check the seal of your link. Please use a newer browser, or call the practice.',
    },
    refusedHere: {
      not_sealed: "This person's link is sealed, but something came without a seal. Please call them.",
      no_key: "This person's link is sealed. Load the practice's key, and it goes on by itself.",
      other_key:
        "This person's link is sealed with another practice's key. Load the right one, and it goes on by itself.",
      broken: "This person's page could not check what came from here. Please call them.",
      no_crypto: "This person's browser cannot check the seal. Please call them.",
    },
  },
  notBefore: (time) => `Your appointment has not begun yet. The code works from ${time}.`,
  roomFullHost: 'The conversation is full. Please end it first, or ask someone back into the waiting room.',
  codeGood: 'The code is complete.',
  codeMissing: 'Please enter your code.',
  codeForHosts: 'This is the code of a practice. It belongs on the page of the consulting room.',
  codeForGuests: 'This is a code for patients. The longer code of the practice is needed here.',
  host: {
    present: 'The practice is here. You will be let in when it is your turn.',
    away: 'The practice is not connected at the moment. You keep your place in the waiting room.',
    absent: 'The practice is not here yet. You are in the right place.',
  },
  camera: {
    asking: 'Your browser is asking for camera and microphone. Please choose “Allow”.',
    on: 'Camera and microphone are ready.',
    both: {
      refused:
        'The browser may not use your camera and microphone. You can enter all the same: you will see and hear the practice. You can allow it by the symbol beside the address.',
      missing:
        'Neither a camera nor a microphone was found. You can enter all the same: you will see and hear the practice.',
      busy: 'Another program is using your camera and microphone. Close it, and switch both on again here.',
    },
    audio: {
      refused:
        'You cannot be heard: the browser may not use your microphone. You can allow it by the symbol beside the address.',
      missing: 'You cannot be heard: no microphone was found.',
      busy: 'You cannot be heard: another program is using the microphone. Close it, and switch the microphone on here.',
      gone: 'You cannot be heard: the microphone was disconnected. As soon as there is one, it goes on by itself.',
      insecure: '',
    },
    video: {
      refused:
        'You cannot be seen: the browser may not use your camera. You can allow it by the symbol beside the address.',
      missing: 'You cannot be seen: no camera was found.',
      busy: 'You cannot be seen: another program is using the camera. Close it, and switch the camera on here.',
      gone: 'You cannot be seen: the camera was disconnected. As soon as there is one, it goes on by itself.',
      insecure: '',
    },
    insecure: 'This page was opened without a secure connection (https), so the browser does not release the camera.',
  },
  noWebRtc:
    'Video calls are not possible in this browser, or are switched off in it (WebRTC). Please use another one, such as Firefox, Chrome, Edge or Safari.',
  noMicrophone: 'No microphone is switched on.',
  heard: 'Your microphone works.',
  notHeard: 'Say something: the bar moves when your microphone hears you.',
  stuck:
    'Picture and sound are not getting through yet. We keep trying. If it stays like this, use another network (mobile data instead of Wi-Fi), or call each other.',
  awayTitle: (name) => `${name} is not connected at the moment`,
  awayText: 'You can let them in all the same: the conversation begins as soon as they are back.',
  hangUpTitle: 'Hang up?',
  hangUpText: 'The conversation ends. You can come back for as long as your code is valid.',
  endTitle: 'End the conversation?',
  endText: (people) =>
    people > 1 ? `The conversation ends for all ${people} people.` : 'The conversation ends for the other person too.',
  gone: (name, reason) =>
    reason === 'left'
      ? `${name} has hung up.`
      : `${name} was not connected for too long, and is not in the conversation any more.`,
  theirDevices: (devices) =>
    !devices || (devices.audio && devices.video)
      ? ''
      : devices.audio
        ? 'camera off'
        : devices.video
          ? 'microphone off'
          : 'camera and microphone off',
  muteOn: 'Switch microphone off',
  muteOff: 'Switch microphone on',
  cameraOn: 'Switch camera off',
  cameraOff: 'Switch camera on',
  mutedNow: 'Your microphone is off.',
  unmutedNow: 'Your microphone is on.',
  cameraOffNow: 'Your camera is off.',
  cameraOnNow: 'Your camera is on.',
  practice: 'Practice',
  inCallWith: (names) => `In conversation with ${names}`,
  atReception: ({ host, session }) =>
    host !== 'present'
      ? 'Reception: nobody is in the consulting room yet.'
      : session
        ? 'Reception: a session is running in the consulting room.'
        : 'Reception: the consulting room is ready.',
  watching: (staff) =>
    staff === 0 ? '' : staff === 1 ? 'Reception sees the waiting room.' : `Reception sees the waiting room (${staff}).`,
  alone: 'In conversation. Somebody will be with you in a moment.',
  link: { connecting: 'connecting …', connected: '', interrupted: 'restoring picture and sound …' },
  personAway: 'connection interrupted …',
  noticeFrom: (text) => `Message from the practice: ${text}`,
  waitsSince: (minutes) =>
    minutes < 1 ? 'has just come' : minutes === 1 ? 'waiting for 1 minute' : `waiting for ${minutes} minutes`,
  here: 'connected',
  away: 'not connected right now',
  admit: 'Let in',
  deny: 'Decline',
  notice: 'Message',
  hold: 'Back to the waiting room',
  sendAway: 'Say goodbye',
  withName: (action, name) => `${action}: ${name}`,
  knocked: (name) => `${name} is in the waiting room.`,
  denyTitle: (name) => `Decline ${name}`,
  denyText: 'The person is sent away from the waiting room, and can dial in again later.',
  denyField: 'A short message (optional, the person will read it)',
  sendAwayTitle: (name) => `Say goodbye to ${name}`,
  sendAwayText: 'The conversation with this person ends.',
  noticeTitle: (name) => `Message to ${name}`,
  noticeAllTitle: 'Message to everybody in the waiting room',
  noticeText: 'One line that is shown in the waiting room and not stored.',
  noticeField: 'Your message',
  send: 'Send',
  sent: 'The message was sent.',
  closeTitle: 'Close the consulting room?',
  closeText: 'A running conversation ends. Who waits stays in the waiting room.',
  title: {
    entry: 'Dial in',
    waiting: 'In the waiting room',
    call: 'In conversation',
    over: 'Over',
    reconnecting: 'Restoring the connection',
    room: (waiting) => (waiting === 0 ? 'Consulting room' : `(${waiting}) Consulting room`),
  },
}
