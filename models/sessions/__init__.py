"""Sign in with WeChat or by SMS code, stay signed in, bind a WeChat account, sign out."""
