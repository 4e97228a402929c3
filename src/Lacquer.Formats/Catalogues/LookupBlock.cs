namespace Lacquer.Formats.Catalogues;

/// <summary>How pairs of blocked postings are cut into blocks and numbered; docs/format/catalogue.md, "Blocked postings".</summary>
internal static class LookupBlock
{
    /// <summary>Pairs of a block, but for the last block of a key.</summary>
    public const int Pairs = 128;

    /// <summary>Bits of a block's id that number the blocks that begin with one key.</summary>
    public const int NumberBits = 14;

    /// <summary>The last number: this block takes whatever is left of its key.</summary>
    public const int LastNumber = (1 << NumberBits) - 1;

    /// <summary>Keys are below this, so that a block's id stays a positive number of 63 bits.</summary>
    public const long KeyLimit = 1L << 49;

    /// <summary>Values are below this.</summary>
    public const long ValueLimit = 1L << 32;

    /// <summary>A pair takes at most so many bytes: seven for 49 bits, five for 33.</summary>
    public const int MostPairBytes = 12;

    /// <summary>A difference with its sign as the lowest bit, so that small ones of either sign are short.</summary>
    public static long ZigZag(long difference) => difference << 1 ^ difference >> 63;

    public static long UnZigZag(long written) => written >> 1 ^ -(written & 1);

    public static long Id(long key, int number) => key << NumberBits | (long)number;

    public static long KeyOf(long id) => id >> NumberBits;
}
