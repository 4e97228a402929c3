using System.Text;
using CsCheck;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Torrents;
using Xunit;

namespace Lacquer.Tests.Torrents;

public sealed class BencodeTests
{
    private static readonly Gen<object> Values = Gen.Recursive<object>((depth, deeper) =>
    {
        var leaf = Gen.OneOf(Gen.Long.Select(number => (object)number), Gen.Byte.Array[0, 12].Select(bytes => (object)bytes));
        return depth > 4
            ? leaf
            : Gen.Frequency(
                (2, leaf),
                (1, deeper.Array[0, 4].Select(items => (object)items)),
                (1, Gen.Select(Gen.Byte.Array[0, 3], deeper).Array[0, 4].Select(pairs => (object)pairs)));
    });

    [Fact]
    public void What_is_written_is_read_back()
    {
        Values.Sample(value =>
        {
            var writer = new BencodeWriter();
            Write(writer, value);
            var bytes = writer.ToArray();

            var reader = new BencodeReader(bytes);
            var again = new BencodeWriter();
            Copy(ref reader, again);
            reader.Finish();
            Assert.Equal(bytes, again.ToArray());

            var skipping = new BencodeReader(bytes);
            Assert.Equal(0..bytes.Length, skipping.Skip());
            skipping.Finish();
            Assert.Equal(reader.TokenCount, skipping.TokenCount);
        }, iter: 2000, threads: 1);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_what_is_read_is_canonical()
    {
        var alphabet = "0123456789:-ilde ab"u8.ToArray();
        Gen.Int[0, alphabet.Length - 1].Select(index => alphabet[index]).Array[0, 24].Sample(bytes =>
        {
            try
            {
                var reader = new BencodeReader(bytes);
                var copy = new BencodeWriter();
                Copy(ref reader, copy);
                reader.Finish();
                Assert.Equal(bytes, copy.ToArray());
            }
            catch (LacquerException damage)
            {
                Assert.Equal(Failure.Damaged, damage.Failure);
                Assert.StartsWith("bencode at byte ", damage.Message, StringComparison.Ordinal);
            }
        }, iter: 20_000, threads: 1);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("i01e", 0)]
    [InlineData("i-0e", 0)]
    [InlineData("ie", 0)]
    [InlineData("i-e", 0)]
    [InlineData("i+1e", 0)]
    [InlineData("i 1e", 0)]
    [InlineData("i1", 0)]
    [InlineData("i9223372036854775808e", 0)]
    [InlineData("i-9223372036854775809e", 0)]
    [InlineData("01:a", 0)]
    [InlineData("2:a", 0)]
    [InlineData("99999999999:a", 0)]
    [InlineData("9999999999:a", 0)]
    [InlineData("x", 0)]
    [InlineData("e", 0)]
    [InlineData("le1:a", 2)]
    [InlineData("l", 1)]
    [InlineData("d1:ai1e1:ai2ee", 7)]
    [InlineData("d1:bi1e1:ai2ee", 7)]
    [InlineData("d1:ae", 4)]
    [InlineData("di1ei2ee", 1)]
    [InlineData("d1:a", 4)]
    public void What_is_not_canonical_is_refused_where_it_stands(string text, int offset)
    {
        var damage = Assert.Throws<LacquerException>(() =>
        {
            var reader = new BencodeReader(Encoding.Latin1.GetBytes(text));
            reader.Skip();
            reader.Finish();
        });
        Assert.Equal(Failure.Damaged, damage.Failure);
        Assert.StartsWith($"bencode at byte {offset}: ", damage.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("i9223372036854775807e", long.MaxValue)]
    [InlineData("i-9223372036854775808e", long.MinValue)]
    [InlineData("i0e", 0)]
    public void Integers_have_64_bits(string text, long value)
    {
        var reader = new BencodeReader(Encoding.Latin1.GetBytes(text));
        Assert.Equal(value, reader.ReadInteger());
        reader.Finish();
    }

    [Fact]
    public void Depth_and_tokens_are_bounded()
    {
        var deep = Encoding.ASCII.GetBytes(new string('l', 101) + new string('e', 101));
        Assert.Contains("within each other", Assert.Throws<LacquerException>(() => new BencodeReader(deep).Skip()).Message, StringComparison.Ordinal);
        var fits = deep.AsSpan(1, 200).ToArray();
        new BencodeReader(fits).Skip();

        var wide = Encoding.ASCII.GetBytes("l" + string.Concat(Enumerable.Repeat("0:", 10)) + "e");
        new BencodeReader(wide, tokenLimit: 12).Skip();
        Assert.Contains("more than 11 tokens", Assert.Throws<LacquerException>(() => new BencodeReader(wide, tokenLimit: 11).Skip()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_asked_for_what_is_not_there_says_what_is()
    {
        var damage = Assert.Throws<LacquerException>(() =>
        {
            var reader = new BencodeReader("d1:ale"u8);
            reader.EnterDictionary();
            reader.ReadKey(out _);
            reader.ReadInteger();
        });
        Assert.Equal("bencode at byte 4: expected an integer, met a list", damage.Message);
    }

    [Fact]
    public void Keys_out_of_order_and_half_a_value_are_the_writers_defects()
    {
        var writer = new BencodeWriter();
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("a"));
        Assert.Throws<InvalidOperationException>(writer.End);
        writer.StartDictionary();
        Assert.Throws<InvalidOperationException>(() => writer.WriteInteger(1));
        writer.WriteKey("b");
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("c"));
        Assert.Throws<InvalidOperationException>(writer.End);
        Assert.Throws<InvalidOperationException>(writer.ToArray);
        Assert.Throws<LacquerException>(() => writer.WriteEncoded("i1ei2e"u8));
        writer.WriteInteger(1);
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("b"));
        Assert.Throws<InvalidOperationException>(() => writer.WriteKey("a"));
        writer.End();
        Assert.Equal("d1:bi1ee"u8, writer.ToArray());
        Assert.Throws<InvalidOperationException>(() => writer.WriteInteger(1));
    }

    private static void Write(BencodeWriter writer, object value)
    {
        switch (value)
        {
            case long number:
                writer.WriteInteger(number);
                break;
            case byte[] bytes:
                writer.WriteString(bytes);
                break;
            case object[] items:
                writer.StartList();
                foreach (var item in items)
                    Write(writer, item);
                writer.End();
                break;
            case (byte[], object)[] pairs:
                writer.StartDictionary();
                foreach (var (key, item) in pairs.DistinctBy(pair => Convert.ToHexString(pair.Item1)).OrderBy(pair => Convert.ToHexString(pair.Item1), StringComparer.Ordinal))
                {
                    writer.WriteKey(key);
                    Write(writer, item);
                }

                writer.End();
                break;
            default:
                throw new InvalidOperationException(value.GetType().Name);
        }
    }

    private static void Copy(ref BencodeReader reader, BencodeWriter writer)
    {
        switch (reader.Next)
        {
            case BencodeKind.Number:
                writer.WriteInteger(reader.ReadInteger());
                break;
            case BencodeKind.List:
                reader.EnterList();
                writer.StartList();
                while (reader.ReadItem())
                    Copy(ref reader, writer);
                writer.End();
                break;
            case BencodeKind.Dictionary:
                reader.EnterDictionary();
                writer.StartDictionary();
                while (reader.ReadKey(out var key))
                {
                    writer.WriteKey(key);
                    Copy(ref reader, writer);
                }

                writer.End();
                break;
            default:
                writer.WriteString(reader.ReadString());
                break;
        }
    }
}
