"""The command lines of a new user's day, one a row, in the order in which they are typed.

    status | command | what the error or the output says

Names: ``tiny`` is a generator, ``cond`` one with 3 classes, ``p2s`` and ``s2p`` translate,
``edits`` moves faces of ``tiny``; ``in/`` holds photos, some of them broken.
"""

from __future__ import annotations

DAY = """
0 | --help | describe
0 | -h | anime
0 | --version | mien
2 | --nosuch | No such option
2 | nosuch | unknown verb 'nosuch'
2 | descrbe x | did you mean 'describe'
0 | describe --help | TEXT
0 | generate --help | --seeds
0 | sketch --help | PHOTO
0 | photo --help |
0 | anime --help | CLIP
0 | invert --help |
0 | edit --help | --set
0 | mix --help |
0 | grid --help |
0 | walk --help |
0 | show --help |
0 | bench --help |
0 | doctor --help |
0 | adopt --help |
0 | run --help | INPUT
0 | compose --help | --sketch
0 | web --help | --host
0 | directions --help | fit
0 | directions fit --help |
0 | directions show --help |
0 | data --help | check
0 | data check --help |
0 | data align --help |
0 | data sketch --help |
0 | train --help | gan
0 | train gan --help | --from
0 | train sketch --help |
0 | train anime --help |
0 | train faces --help |
0 | train text --help |
0 | evaluate --help | identity
0 | evaluate generator --help |
0 | weights --help | convert
0 | weights pull --help |
0 | weights list | portraits
0 | weights list --json | "portraits"
0 | weights card portraits | portraits
2 | weights card portrait | did you mean 'portraits'
2 | weights card | Missing argument
2 | weights pull nosuch | unknown
2 | weights nosuch | No such command
0 | generate --model tiny --count 1 | out/generate/0001
0 | generate --model tiny --count 1 | out/generate/0002
0 | generate --model tiny --seeds 0-3 --out g/one | sheet.png
2 | generate --model tiny --seeds 0-3 --out g/one | exists already
0 | generate --model tiny --seeds 0-3 --out g/one --force | sheet.png
0 | generate --model tiny --seeds 1,3 --out g/two --json | "files"
0 | generate --model tiny --seed random --count 1 | seed
0 | generate --model tiny --seeds 5 --format jpg | .jpg
0 | generate --model tiny --seeds 5 --format webp --size 48 | .webp
0 | generate --model tiny --seeds 5 --sheet --out g/sheet | sheet.png
0 | generate --model tiny --count 2 --psi 0 | same face
0 | generate --model tiny --count 1 --psi 1.5 | lies beyond
2 | generate --model tiny --psi 3 | psi is 3
2 | generate --model tiny --psi nan | valid number
2 | generate --model tiny --psi x | valid number
2 | generate --model tiny --count 0 | count is 0
2 | generate --model tiny --count 100000 | count is 100000
2 | generate --model tiny --seeds 9-1 | run backwards
2 | generate --model tiny --seeds a | write 7, 0-35
2 | generate --model tiny --seed -1 | seed
2 | generate --model tiny --seed 99999999999 | neither a seed
2 | generate --model tiny --format tiff | unknown format
2 | generate --model tiny --size 1 | size is 1
2 | generate --model tiny --out in/ann.png | in/ann.png
2 | generate --model nosuch | unknown model 'nosuch'
2 | generate --model in/ann.png | in/ann.png
2 | generate --model in | in
2 | generate --model p2s |
2 | generate --model tiny --engine nosuch | unknown engine
2 | generate --model tiny --precision half | precision
2 | generate --model tiny --device nosuch | nosuch
2 | generate --model tiny --label 3 |
0 | generate --model cond --count 1 | label
0 | generate --model cond --count 1 --label 2 |
0 | generate --model cond --count 1 --label 0.2,0.8,0 |
2 | generate --model cond --count 1 --label 7 | 7
2 | generate --model cond --count 1 --label cat | cat
2 | describe | Missing argument
2 | describe '' | sentence is empty
2 | describe 'a red sports car' --model labelled | --anyway
2 | describe 'Barack Obama' --model labelled | --anyway
0 | describe 'a red sports car' --model labelled --anyway --refine 0 --count 1 | not
0 | describe 'a woman' --model labelled --refine 0 --count 1 | read: female
0 | describe 'a yuong womna' --model labelled --refine 0 --count 1 | woman
0 | describe 'une jeune femme' --model labelled --refine 0 --count 1 | read: female
0 | describe '眼鏡をかけた若い女性' --model labelled --refine 0 --count 1 | 眼鏡
0 | describe 'một ông già' --model labelled --refine 0 --count 1 | một
0 | describe 'a man' --model labelled --not glasses --refine 0 --count 1 |
0 | describe 'a man' --model labelled --not xyzzy --count 1 --refine 0 | xyzzy
2 | describe 'a man' --model labelled --method magic | magic
2 | describe 'a man' --model labelled --guidance 99 | guidance is 99
2 | describe 'a man' --model labelled --refine -1 | refine
2 | describe 'a man' --model labelled --language xx | xx
0 | show g/one/face-seed0000.png | seed
0 | show g/one/face-seed0000.png --json | "seed"
2 | show in/ann.png | does not say what made it
2 | show in/broken.jpg |
2 | show nosuch.png | nosuch.png
2 | show in | in
0 | show tiny | stylegan2
0 | show g/one/latents.npz |
0 | mix 1 2 --layers coarse --model tiny | out/mix
0 | mix 1 g/one/latents.npz --layers 0-3 --model tiny --out m/many | sheet.png
0 | mix g/one/face-seed0000.png g/one/latents.npz:1 --layers 4,5 --model tiny |
2 | mix 1 2 --layers 99 --model tiny | 99
2 | mix 1 2 --layers x --model tiny | x
2 | mix 1 2 --model tiny | --layers
2 | mix 1 nosuch.npz --layers 0 --model tiny | nosuch.npz
2 | mix 1 in/table.csv --layers 0 --model tiny | in/table.csv
2 | mix 1 g/one/latents.npz:99 --layers 0 --model tiny | 99
0 | grid --rows 0-1 --columns 5,6 --model tiny | sheet.png
0 | grid --rows 0 --columns 5 --cells --model tiny --out gr | .png
2 | grid --rows 0-99 --columns 0-99 --model tiny | 100
2 | grid --rows 0 --model tiny | --columns
0 | directions list | portraits-edits
0 | directions show portraits-edits | smile
2 | directions show nosuch | nosuch
0 | directions fit --method sefa --count 4 --model tiny --out edits.safetensors | edits.safetensors
2 | directions fit --method sefa --count 4 --model tiny --out edits.safetensors | exists already
2 | directions fit --method sefa --count 4 --model tiny --out edits.txt | .safetensors
2 | directions fit --method nosuch --model tiny --out e2.safetensors | nosuch
0 | directions show edits.safetensors |
0 | edit 7 --set sefa-1=2 --model tiny --directions edits | sheet.png
0 | edit 0-1 --set sefa-1=1 --directions edits --model tiny | seed0001
0 | edit 7 8 --set sefa-1=2 --set sefa-2=-1 --model tiny --directions edits --out e/two | sheet
2 | edit 7 8 --set sefa-1=2 --set sefa-2=-1 --model tiny --directions edits --out e/two | exists
0 | edit 7 --set sefa-1=2 --strip 3 --model tiny --directions edits --out e/strip | strip
0 | edit g/one/face-seed0000.png --set sefa-1=2 --model tiny --directions edits |
0 | edit g/one/latents.npz:0 --set sefa-1=2 --model tiny --directions edits |
0 | edit 7 --set sefa-1=300 --model tiny --directions edits | lies beyond
0 | edit 7 --set sefa-1=1 --set sefa-1=-1 --model tiny --directions edits | set 2 times
2 | edit 7 --set sefa-1 --model tiny --directions edits | cannot be read
2 | edit 7 --set sefa-1=x --model tiny --directions edits | cannot be read
2 | edit 7 --set wings=1 --model tiny --directions edits | wings
2 | edit 7 --model tiny --directions edits | --set
2 | edit --set sefa-1=1 --model tiny | Missing argument
2 | edit 7 --set sefa-1=1 --model tiny | mien directions fit
2 | edit 7 --set smile=1 --model tiny --directions portraits-edits | found in generator
2 | edit 7 --set sefa-1=1 --strip 99 --model tiny --directions edits | strip of 99
2 | edit 7 --set sefa-1=1 --strip 3 --paste --model tiny --directions edits | one of them
2 | edit 7 --set sefa-1=1 --layers 99 --model tiny --directions edits | 99
2 | edit in/nosuch.jpg --set sefa-1=1 --model tiny --directions edits | in/nosuch.jpg
0 | walk 1 2 --model tiny --seconds 0.2 --out w/a.mp4 | w/a.mp4
2 | walk 1 2 --model tiny --seconds 0.2 --out w/a.mp4 | exists already
0 | walk 1 2 --model tiny --seconds 0.2 --out w/a.mp4 --force | w/a.mp4
0 | walk 1 2 3 --model tiny --seconds 0.2 --loop | out/walk/0001
0 | walk 1 2 --model tiny --seconds 0.2 --out w/a.gif | w/a.gif
0 | walk 1 2 --model tiny --seconds 0.2 --out w/a.webm --space z | w/a.webm
2 | walk 1 2 --model tiny --out w/a.avi | which is no video
2 | walk 1 2 --model tiny --out w/a | w/a
2 | walk 1 --model tiny --seconds 0.2 |
2 | walk 1 2 --model tiny --seconds -1 | seconds is -1
2 | walk 1 2 --model tiny --fps 0 | fps is 0
2 | walk 1 2 --model tiny --space y --seconds 0.2 | y
0 | show w/a.mp4 | seed
0 | sketch in/ann.png --model p2s --out s/one.png | s/one.png
2 | sketch in/ann.png --model p2s --out s/one.png | exists already
0 | sketch in/ann.png --model p2s --out s/one.png --force | s/one.png
2 | sketch in/ann.png --model p2s --out in/ann.png --force | is the picture itself
0 | sketch in/ann.png --model p2s --out in --force | in/ann-2.png
2 | sketch in --model p2s --out in | exists already
0 | sketch in --model p2s --out in --force | left out
0 | sketch in --model p2s --out in/made | left out
0 | sketch in --model p2s --out in/made --force | left out
2 | sketch in/ann.png in/broken.jpg in/bob.jpg --model p2s --out s/list | 1 of 3
2 | sketch in/broken.jpg --model p2s --out s/broken | in/broken.jpg
2 | sketch in/nosuch.jpg --model p2s | no such file
2 | sketch empty --model p2s | holds no picture
2 | sketch 'in/*.tiff' --model p2s | matches 0 files
0 | sketch 'in/a*.png' --model p2s --out s/glob --big tile | ann.png
2 | sketch in/ann.png --model p2s --big huge | huge
2 | sketch in/clip.mp4 --model p2s | mien anime
2 | sketch in/ann.png --model s2p | mien photo
2 | sketch in/ann.png --model tiny |
2 | sketch in/ann.png --method cyclegan | cyclegan
2 | sketch in/ann.png --method nosuch | nosuch
0 | photo in/ann.png --model s2p --out p/one | ann.png
0 | sketch in/ann.png --model p2s | out/sketch/0001-ann/ann.png
0 | sketch in/ann.png --style line | out/sketch/0002-ann/ann.png
0 | photo in/ann.png --model s2p | out/photo/0001-ann/ann.png
2 | sketch in/broken.jpg | in/broken.jpg
0 | sketch in/ann.png in/bob.jpg --style line | out/sketch/0003-ann/bob.png
2 | photo in/ann.png --model p2s | mien sketch
2 | data check in --json | "errors"
2 | data check in | broken.jpg
2 | data check nosuch | nosuch
0 | data check good.zip | 0 errors
2 | data check in/broken.zip | broken.zip
0 | data sketch in/ann.png --out pairs/one | wrote 1 pair to
2 | data sketch in --out pairs/many --style xdog --strength 0.2 --strength 0.8 | left out
2 | data sketch in --out pairs/many | were there
2 | data sketch in --style ink | ink
2 | data sketch in --strength 2 | strength is 2
2 | data sketch empty | no picture
2 | data sketch in --size 2 | size is 2
2 | train gan | --data
2 | train gan --data nosuch --dry-run --out r | nosuch
0 | train gan --data good.zip --resolution 32 --dry-run --out r | parameters
2 | train gan --data good.zip --resolution 100 --labels none --dry-run --out r | take 128
2 | train gan --data good.zip --resolution 32 --from nosuch.pkl --dry-run --out r | nosuch.pkl
2 | train gan --data good.zip --resolution 32 --from p2s --dry-run --out r |
2 | train gan --data empty --dry-run --out r | no picture
2 | train sketch --data in --dry-run --out r | in
2 | train nosuch | No such command
2 | evaluate nosuch | No such command
2 | evaluate generator |
0 | weights convert tiny --out c/tiny.pt | c/tiny.pt
2 | weights convert tiny --out c/tiny.pt | exists already
0 | weights convert c/tiny.pt --out c/back.safetensors | c/back.safetensors
0 | weights convert tiny --half --out c/half.safetensors | c/half.safetensors
0 | generate --model c/back.safetensors --count 1 | out/generate
0 | weights convert cond --out c/cond.pt | label
2 | weights convert tiny --out c/x.bin | ends in none of
2 | weights convert in/ann.png --out c/x.safetensors | in/ann.png
2 | weights convert tiny --kind eye --out c/x.safetensors | eye
2 | weights convert tiny --network G_A --out c/x.safetensors | one network
2 | weights convert nan --out c/nan.safetensors | not finite
2 | generate --model nan | not finite
2 | invert in/ann.png --model tiny | tiny
2 | anime in/nosuch.png | in/nosuch.png
2 | anime in/ann.png --keyframes k.json | --keyframes
2 | anime in/ann.png --out a.mp4 | still picture
2 | anime in/ann.png --box 1,2 | X,Y,WIDTH,HEIGHT
"""
