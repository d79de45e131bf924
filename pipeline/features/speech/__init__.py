"""From a media file to utterances: find speech, tell speakers, write down what is said."""
