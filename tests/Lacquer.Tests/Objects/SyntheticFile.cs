using Lacquer.Formats.Objects;

namespace Lacquer.Tests.Objects;

/// <summary>A made-up file, and the comments to write into it.</summary>
internal sealed record SyntheticFile(OggCodec Codec, byte[] Bytes, CommentHeader OldTags, CommentHeader NewTags, string Recipe)
{
    /// <param name="gapAfter">The index of the page after which a number is left out; a header page or none: no gap.</param>
    public static SyntheticFile Make(
        OggCodec codec, uint serial, uint firstNumber, int seed, int oldText, int newText, int padding, int setup, int[] audio, int[] segments, bool share, int gapAfter)
    {
        var oldTags = Tags("libVorbis 20050304", oldText);
        var newTags = Tags("Lacquer", newText);
        byte[][] headers = codec == OggCodec.Vorbis
            ? [SyntheticOgg.Ident(codec), SyntheticOgg.CommentPacket(codec, oldTags, new byte[padding]), SyntheticOgg.SetupPacket(setup, seed)]
            : [SyntheticOgg.Ident(codec), SyntheticOgg.CommentPacket(codec, oldTags, new byte[padding])];
        byte[][] packets = [.. headers, .. audio.Select((length, i) => SyntheticOgg.Noise(length, seed + i))];
        var pages = SyntheticOgg.Lay(codec, serial, firstNumber, packets, segments, share);
        var headerPages = 1;
        while (pages.Take(headerPages).Sum(page => page.Lacing.Count(part => part < 255)) < headers.Length)
            headerPages++;
        if (gapAfter >= headerPages)
            pages = [.. pages.Select((page, i) => i < gapAfter ? page : page with { Number = unchecked(page.Number + 1) })];
        var recipe = FormattableString.Invariant($"{codec} serial {serial} first {firstNumber} seed {seed} old {oldText} new {newText} padding {padding} setup {setup} audio [{string.Join(' ', audio)}] segments [{string.Join(' ', segments)}] share {share} gap {gapAfter}");
        return new SyntheticFile(codec, SyntheticOgg.Join(pages), oldTags, newTags, recipe);
    }

    public override string ToString() => Recipe;

    private static CommentHeader Tags(string vendor, int textLength) => new(
        vendor,
        [new("TITLE", "Ø " + textLength), new("artist", "x"), new("ARTIST", "y"), new("LYRICS", new string('l', textLength)), new("EMPTY", "")]);
}
