namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Popularity, formula 1: 0 for a recording nobody listened to; otherwise 100 · ln(1 + listens) / ln(1 + most), rounded down, at least 1, where <c>most</c> is
/// the greatest number of listens in the catalogue. Monotone in listens; the most listened recording has 100.
/// </summary>
public static class Popularities
{
    /// <summary>The formula's number, kept in a catalogue's <c>meta</c>.</summary>
    public const int Formula = 1;

    /// <summary>The popularity, 0 to 100, of a recording with this many listens.</summary>
    /// <param name="listens">Listens of the recording, from 0.</param>
    /// <param name="most">The greatest number of listens in the catalogue.</param>
    public static int Of(long listens, long most)
    {
        if (listens <= 0 || most <= 0) return 0;
        if (listens >= most) return 100;

        // The nudge keeps a quotient that is whole in theory from falling below it in the last bit on another machine.
        var share = Math.Floor(100 * Math.Log(1.0 + listens) / Math.Log(1.0 + most) + 1e-9);
        return Math.Clamp((int)share, 1, 100);
    }
}
