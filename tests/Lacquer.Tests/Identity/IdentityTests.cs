using System.Globalization;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Identity;

public sealed class IdentityTests
{
    // Codes printed as examples by the International ISRC Registration Authority and by Wikipedia's article on ISRC.
    [Theory]
    [InlineData("AA6Q72000047", "AA6Q72000047")]
    [InlineData("AA-6Q7-20-00047", "AA6Q72000047")]
    [InlineData("ISRC AA-6Q7-20-00047", "AA6Q72000047")]
    [InlineData("USRC17607839", "USRC17607839")]
    [InlineData("US-RC1-76-07839", "USRC17607839")]
    [InlineData("us-rc1-76-07839", "USRC17607839")]
    [InlineData("USSKG1912345", "USSKG1912345")]
    [InlineData("BR-BMG-03-00729", "BRBMG0300729")]
    [InlineData("ISRC: FR Z03 98 00212", "FRZ039800212")]
    [InlineData("GBAYE0601498", "GBAYE0601498")]
    public void A_code_is_read_in_every_spelling(string text, string code)
    {
        Assert.True(Isrc.TryParse(text, out var isrc));
        Assert.Equal(code, isrc.ToString());
        Assert.Equal(isrc, Isrc.FromPacked(isrc.Packed));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("USRC1760783")]
    [InlineData("USRC176078390")]
    [InlineData("U5RC17607839")]
    [InlineData("USRC1760783X")]
    [InlineData("USRC1X607839")]
    [InlineData("US-RÇ1-76-07839")]
    [InlineData("ＵＳＲＣ１７６０７８３９")]
    [InlineData("٠١٢٣٤٥٦٧٨٩٠١")]
    [InlineData("000000000000")]
    [InlineData("ISRCISRCISRC")]
    [InlineData("------------------------------------------------------------")]
    [InlineData("tisrc")]
    public void What_is_no_code_is_not_read(string? text) => Assert.False(Isrc.TryParse(text, out _));

    [Fact]
    public void Codes_pack_into_49_bits_in_the_order_of_their_text()
    {
        var random = Seeded.Random();
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Both = "0123456789" + Letters, Digits = "0123456789";
        string? last = null;
        foreach (var code in Enumerable.Range(0, 2000).Select(_ => string.Concat(Enumerable.Range(0, 12).Select(i => (i < 2 ? Letters : i < 5 ? Both : Digits) is var from ? from[random.Next(from.Length)] : ' ')))
            .Append("AA00000000000"[..12]).Append("ZZZZZ9999999").Distinct().Order(StringComparer.Ordinal))
        {
            Assert.True(Isrc.TryParse(code, out var isrc));
            Assert.Equal(code, isrc.ToString());
            Assert.InRange(isrc.Packed, 0, (1L << 49) - 1);
            if (last is not null && Isrc.TryParse(last, out var before))
                Assert.True(before < isrc);
            last = code;
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Isrc.FromPacked(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Isrc.FromPacked(1L << 49));
    }

    [Fact]
    public void Any_text_is_read_or_not_and_never_throws()
    {
        var random = Seeded.Random();
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string(Enumerable.Range(0, random.Next(50)).Select(_ => random.Next(3) == 0 ? (char)random.Next(0x10000) : "ISRCrec-la0127 :."[random.Next(17)]).ToArray());
            if (Isrc.TryParse(text, out var isrc)) Assert.Equal(12, isrc.ToString().Length);
            if (EntityId.TryParse(text, out var id)) Assert.Equal(text.ToLowerInvariant(), id.ToString());
            if (Sha256Digest.TryParse(text, out _)) Assert.Equal(64, text.Length);
        }
    }

    [Fact]
    public void An_id_is_printed_and_read_and_sorts()
    {
        var random = Seeded.Random();
        foreach (var kind in Enum.GetValues<EntityKind>())
        {
            var ids = Enumerable.Range(0, 300).Select(i =>
            {
                var bytes = new byte[EntityId.LengthBytes];
                random.NextBytes(bytes);
                return i switch { 0 => new EntityId(kind, new byte[10]), 1 => new EntityId(kind, Enumerable.Repeat((byte)255, 10).ToArray()), _ => new EntityId(kind, bytes) };
            }).ToList();
            foreach (var id in ids)
            {
                Assert.Equal(20, id.ToString().Length);
                Assert.True(EntityId.TryParse(id.ToString(), out var read));
                Assert.Equal(id, read);
                Assert.True(EntityId.TryParse(id.ToString().ToUpperInvariant(), out read));
                Assert.Equal(id, read);
                Assert.Equal(id, new EntityId(kind, id.ToArray()));
            }

            Assert.Equal(ids.OrderBy(i => Convert.ToHexString(i.ToArray()), StringComparer.Ordinal), ids.Order());
        }

        Assert.Throws<ArgumentException>(() => new EntityId(EntityKind.Artist, new byte[9]));
    }

    [Fact]
    public void An_id_is_of_kind_source_and_key_for_good()
    {
        // Written down, so that no change of the code changes an id: base 32 of the first 10 bytes of SHA-256 over "rec-", 0, "music", 0, "first/01.ogg".
        Assert.Equal("rec-" + Base32(System.Security.Cryptography.SHA256.HashData("rec-\0music\0first/01.ogg"u8)[..10]), EntityId.From(EntityKind.Recording, "music", "first/01.ogg").ToString());
        Assert.NotEqual(EntityId.From(EntityKind.Recording, "a", "b"), EntityId.From(EntityKind.Recording, "ab", ""));
        Assert.NotEqual(EntityId.From(EntityKind.Recording, "a", "b").ToArray(), EntityId.From(EntityKind.Release, "a", "b").ToArray());
    }

    [Theory]
    [InlineData("rec-aaaaaaaaaaaaaaa")]
    [InlineData("rec-aaaaaaaaaaaaaaaaa")]
    [InlineData("rec-aaaaaaaaaaaaaaa0")]
    [InlineData("rec-aaaaaaaaaaaaaaa1")]
    [InlineData("rec_aaaaaaaaaaaaaaaa")]
    [InlineData("wor-aaaaaaaaaaaaaaaa")]
    [InlineData("rec-aaaaaaaaaaaaaaa\u212a")]
    [InlineData(null)]
    public void What_is_no_id_is_not_read(string? text) => Assert.False(EntityId.TryParse(text, out _));

    [Fact]
    public void A_digest_is_printed_and_read_and_sorts_as_its_bytes()
    {
        var random = Seeded.Random();
        var digests = Enumerable.Range(0, 300).Select(_ =>
        {
            var bytes = new byte[32];
            random.NextBytes(bytes);
            return new Sha256Digest(bytes);
        }).ToList();
        foreach (var digest in digests)
        {
            Assert.Equal(digest, Sha256Digest.Parse(digest.ToString()));
            Assert.Equal(digest, Sha256Digest.Parse(digest.ToString().ToUpperInvariant()));
            Assert.Equal(digest, new Sha256Digest(digest.ToArray()));
        }

        Assert.Equal(digests.OrderBy(d => d.ToString(), StringComparer.Ordinal), digests.Order());
        foreach (var text in new[] { "", "0", new string('0', 63), new string('0', 65), new string('g', 64), " " + new string('0', 63), "0x" + new string('0', 62) })
            Assert.Throws<FormatException>(() => Sha256Digest.Parse(text));
    }

    [Fact]
    public void Where_a_dotless_i_is_at_home_nothing_changes()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("tr-TR");
            Assert.True(Isrc.TryParse("isrc iii112345678"[..17], out var isrc) && isrc.ToString() == "III112345678");
            Assert.True(EntityId.TryParse("REC-IIIIIIIIIIIIIIII", out var id) && id.ToString() == "rec-iiiiiiiiiiiiiiii");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Base32(byte[] bytes)
    {
        var bits = string.Concat(bytes.Select(b => Convert.ToString(b, 2).PadLeft(8, '0')));
        return string.Concat(bits.Chunk(5).Select(five => "abcdefghijklmnopqrstuvwxyz234567"[Convert.ToInt32(new string(five), 2)]));
    }
}
